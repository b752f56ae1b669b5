#include "fixture.h"

#include "data/campaign_repo.h"
#include "data/usage_repo.h"
#include "pool.h"
#include "promotion_migrations.h"

#define HOLD_MS 900000

static const Error *resolve(UsageOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                            UsageMove *ret_moves) {
        FixedOwner *owner = (FixedOwner *) self;

        (void) ctx;
        (void) order_ids;
        owner->n_asked += n_orders;
        for (size_t i = 0; i < n_orders; i++)
                ret_moves[i] = owner->answer;
        return NULL;
}

static Bytes no_snapshot(Ctx *ctx, const Campaign *campaign) {
        (void) ctx;
        (void) campaign;
        return (Bytes) { 0 };
}

Fixture *fixture_new(void) {
        Ctx *ctx = test_ctx();
        Fixture *fixture = ARENA_NEW(ctx->arena, Fixture);

        fixture->pool = test_pool("promotion", &promotion_schema, &fixture->dsn);
        fixture->owner = (FixedOwner) { .base = { .resolve = resolve }, .answer = USAGE_EXPIRE };
        fixture->campaigns = (CampaignUsecase) {
                .repo = promotion_campaign_repo_new(ctx->arena, fixture->pool), .snapshot = no_snapshot
        };
        fixture->usages = (UsageUsecase) {
                .repo = promotion_usage_repo_new(ctx->arena, fixture->pool),
                .owner = &fixture->owner.base,
                .hold_ms = HOLD_MS,
        };
        return fixture;
}

CampaignRules fixture_rules(const char *code) {
        return (CampaignRules) {
                .type = CAMPAIGN_CART,
                .discount_type = DISCOUNT_PERCENTAGE,
                .description = "10% off",
                .code = code,
                .percent_bp = 1000,
        };
}

const Campaign *fixture_create(Fixture *fixture, CampaignRules rules) {
        const Campaign *campaign;

        ck_assert_ok(promotion_create(&fixture->campaigns, test_ctx(), &rules, &campaign));
        return campaign;
}

void fixture_campaign(Fixture *fixture, const char *campaign_id, int64_t max_uses, int64_t per_customer,
                      int64_t budget_minor) {
        Arena *arena = test_ctx()->arena;

        test_sql(fixture->dsn,
                 arena_printf(arena,
                              "INSERT INTO campaigns (campaign_id, version, currency, max_uses,"
                              "                       max_uses_per_customer, budget_minor)"
                              " VALUES ('%s', 1, 'USD', nullif(%lld, 0), nullif(%lld, 0), nullif(%lld, 0))",
                              campaign_id, (long long) max_uses, (long long) per_customer,
                              (long long) budget_minor));
}

const Error *fixture_hold(Fixture *fixture, const char *order_id, const char *campaign_id,
                          int64_t amount_minor) {
        UsageLine line = { .campaign_id = campaign_id, .version = 1, .amount_minor = amount_minor };
        const Usage *usage;

        return promotion_hold(&fixture->usages, test_ctx(), order_id, "CUST-1", "USD", &line, 1, &usage);
}

void fixture_expire(Fixture *fixture, const char *order_id) {
        test_sql(fixture->dsn, arena_printf(test_ctx()->arena,
                                            "UPDATE usages SET expires_at = now() - interval '1 second'"
                                            " WHERE order_id = '%s'",
                                            order_id));
}

const char *fixture_status(Fixture *fixture, const char *order_id) {
        return test_sql_text(fixture->dsn,
                             arena_printf(test_ctx()->arena,
                                          "SELECT status FROM usages WHERE order_id = '%s'", order_id));
}

const char *fixture_counts(Fixture *fixture, const char *campaign_id) {
        return test_sql_text(fixture->dsn, arena_printf(test_ctx()->arena,
                                                        "SELECT uses || '/' || spent_minor FROM campaigns"
                                                        " WHERE campaign_id = '%s'",
                                                        campaign_id));
}

void fixture_assert_books(Fixture *fixture) {
        ck_assert_int_eq(
                test_sql_int64(fixture->dsn,
                               "SELECT count(*) FROM campaigns c LEFT JOIN"
                               " (SELECT l.campaign_id, count(*) AS uses, sum(l.amount_minor) AS amount"
                               "    FROM usages u JOIN usage_lines l USING (order_id)"
                               "   WHERE u.status IN ('HELD', 'COMMITTED') GROUP BY l.campaign_id) t"
                               " USING (campaign_id)"
                               " WHERE c.uses <> coalesce(t.uses, 0) OR c.spent_minor <>"
                               "       CASE WHEN c.currency IS NULL THEN 0 ELSE coalesce(t.amount, 0) END"),
                0);
        ck_assert_int_eq(
                test_sql_int64(fixture->dsn,
                               "SELECT count(*) FROM customer_usages c FULL JOIN"
                               " (SELECT l.campaign_id, u.customer_id, count(*) AS uses"
                               "    FROM usages u JOIN usage_lines l USING (order_id)"
                               "   WHERE u.status IN ('HELD', 'COMMITTED') GROUP BY 1, 2) t"
                               " USING (campaign_id, customer_id)"
                               " WHERE coalesce(c.uses, 0) <> coalesce(t.uses, 0)"),
                0);
}
