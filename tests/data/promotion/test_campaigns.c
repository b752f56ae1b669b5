#include <stdatomic.h>
#include <string.h>

#include "base/memory.h"
#include "fixture.h"
#include "race.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static const Error *create(CampaignRules rules) {
        const Campaign *campaign;

        return promotion_create(&f->campaigns, test_ctx(), &rules, &campaign);
}

static const Error *update(const char *campaign_id, int64_t version, CampaignRules rules) {
        const Campaign *campaign;

        return promotion_update(&f->campaigns, test_ctx(), campaign_id, version, &rules, &campaign);
}

static const Campaign *get(const char *campaign_id) {
        const Campaign *campaign;

        ck_assert_ok(promotion_get(&f->campaigns, test_ctx(), campaign_id, &campaign));
        return campaign;
}

TEST(what_was_made_is_found_whole) {
        static const char *const tiers[] = { "gold" }, *const segments[] = { "vip", "new" };
        static const char *const products[] = { "P1", "P2", "P3" }, *const categories[] = { "C1" };
        CampaignRules rules = {
                .type = CAMPAIGN_CATALOG,
                .discount_type = DISCOUNT_BUY_X_GET_Y,
                .description = "two for one",
                .code = "TWO",
                .currency = "USD",
                .percent_bp = 3,
                .buy_quantity = 5,
                .get_quantity = 6,
                .get_product_id = "P9",
                .starts_at_us = 1723300200000001,
                .ends_at_us = 4102444800000000,
                .minimum_minor = 9,
                .maximum_minor = 10,
                .tiers = { tiers, 1 },
                .segments = { segments, 2 },
                .product_ids = { products, 3 },
                .category_ids = { categories, 1 },
                .max_uses = 11,
                .max_uses_per_customer = 12,
                .budget_minor = 13,
                .priority = 14,
                .is_exclusive = true,
        };
        const Campaign *made = fixture_create(f, rules), *found = get(made->campaign_id);
        const CampaignRules *is = &found->rules;

        ck_assert_int_eq(found->version, 1);
        ck_assert_int_eq(found->created_at_us, made->created_at_us);
        ck_assert_int_eq(found->changed_at_us, made->changed_at_us);
        ck_assert_int_eq(is->type, CAMPAIGN_CATALOG);
        ck_assert_int_eq(is->discount_type, DISCOUNT_BUY_X_GET_Y);
        ck_assert_str_eq(is->description, "two for one");
        ck_assert_str_eq(is->code, "TWO");
        ck_assert_str_eq(is->currency, "USD");
        ck_assert_int_eq(is->percent_bp, 3);
        ck_assert_int_eq(is->buy_quantity, 5);
        ck_assert_int_eq(is->get_quantity, 6);
        ck_assert_str_eq(is->get_product_id, "P9");
        ck_assert_int_eq(is->starts_at_us, rules.starts_at_us);
        ck_assert_int_eq(is->ends_at_us, rules.ends_at_us);
        ck_assert_int_eq(is->minimum_minor, 9);
        ck_assert_int_eq(is->maximum_minor, 10);
        ck_assert_uint_eq(is->tiers.n, 1);
        ck_assert_str_eq(is->tiers.ids[0], "gold");
        ck_assert_uint_eq(is->segments.n, 2);
        ck_assert_str_eq(is->segments.ids[1], "new");
        ck_assert_uint_eq(is->product_ids.n, 3);
        ck_assert_str_eq(is->product_ids.ids[2], "P3");
        ck_assert_str_eq(is->category_ids.ids[0], "C1");
        ck_assert_int_eq(is->max_uses, 11);
        ck_assert_int_eq(is->max_uses_per_customer, 12);
        ck_assert_int_eq(is->budget_minor, 13);
        ck_assert_int_eq(is->priority, 14);
        ck_assert(is->is_exclusive);
}

TEST(what_is_not_said_is_none) {
        const Campaign *found = get(fixture_create(f, fixture_rules(NULL))->campaign_id);

        ck_assert_ptr_null(found->rules.code);
        ck_assert_ptr_null(found->rules.currency);
        ck_assert_ptr_null(found->rules.get_product_id);
        ck_assert_int_eq(found->rules.starts_at_us, 0);
        ck_assert_int_eq(found->rules.ends_at_us, 0);
        ck_assert_int_eq(found->rules.max_uses, 0);
        ck_assert_int_eq(found->rules.max_uses_per_customer, 0);
        ck_assert_int_eq(found->rules.budget_minor, 0);
        ck_assert_uint_eq(found->rules.tiers.n + found->rules.segments.n + found->rules.product_ids.n +
                                  found->rules.category_ids.n,
                          0);
}

TEST(a_change_is_a_new_row_and_the_old_one_stays) {
        const char *campaign_id = fixture_create(f, fixture_rules("A"))->campaign_id;
        CampaignRules rules = fixture_rules("B");

        rules.percent_bp = 2000;
        ck_assert_ok(update(campaign_id, 1, rules));
        ck_assert_int_eq(get(campaign_id)->version, 2);
        ck_assert_int_eq(get(campaign_id)->rules.percent_bp, 2000);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(concat_ws(' ', version, code, percent_bp,"
                                               "                            changed_by), ', '"
                                               "                  ORDER BY version) FROM campaign_versions"),
                         "1 A 1000 promotion, 2 B 2000 promotion");
        ck_assert_reason(update(campaign_id, 1, rules), REASON_CAMPAIGN_CHANGED);
        ck_assert_reason(update("CMP-NONE", 1, rules), REASON_CAMPAIGN_NOT_FOUND);
}

static atomic_int n_won, n_lost;

static void change(Ctx *ctx, void *arg, size_t i) {
        CampaignRules rules = fixture_rules(NULL);
        const Campaign *campaign;
        const Error *error;

        rules.priority = (int64_t) i;
        do
                error = promotion_update(&f->campaigns, ctx, arg, 1, &rules, &campaign);
        while (error_is(error, REASON_UNAVAILABLE));
        n_won += error == NULL;
        n_lost += error_is(error, REASON_CAMPAIGN_CHANGED);
}

TEST(of_many_changes_of_one_version_one_is_made) {
        char *campaign_id = arena_strdup(test_ctx()->arena,
                                         fixture_create(f, fixture_rules(NULL))->campaign_id);

        race_run(16, change, campaign_id);
        ck_assert_int_eq(n_won, 1);
        ck_assert_int_eq(n_lost, 15);
        ck_assert_int_eq(get(campaign_id)->version, 2);
}

/* As one that has read the campaign before another changed it. */
TEST(a_change_of_a_version_that_is_gone_is_fenced) {
        Campaign campaign = *fixture_create(f, fixture_rules(NULL));
        SaveVerdict verdict;

        campaign.version = 2;
        ck_assert_ok(f->campaigns.repo->update(f->campaigns.repo, test_ctx(), &campaign, &campaign.rules,
                                               &verdict));
        ck_assert_int_eq(verdict, SAVE_DONE);
        ck_assert_ok(f->campaigns.repo->update(f->campaigns.repo, test_ctx(), &campaign, &campaign.rules,
                                               &verdict));
        ck_assert_int_eq(verdict, SAVE_OUTDATED);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM campaign_versions"), 2);
}

TEST(a_code_is_of_one_campaign) {
        const char *other = fixture_create(f, fixture_rules("B"))->campaign_id;

        fixture_create(f, fixture_rules("A"));
        ck_assert_reason(create(fixture_rules("A")), REASON_CODE_TAKEN);
        ck_assert_reason(update(other, 1, fixture_rules("A")), REASON_CODE_TAKEN);
        ck_assert_int_eq(get(other)->version, 1);
        ck_assert_ok(update(other, 1, fixture_rules("B")));
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM campaign_versions"), 3);
}

TEST(limits_may_fall_to_what_is_used_and_no_further) {
        CampaignRules rules = fixture_rules("A");

        rules.currency = "USD", rules.max_uses = 3, rules.budget_minor = 1000;
        const char *campaign_id = fixture_create(f, rules)->campaign_id;
        ck_assert_ok(fixture_hold(f, "ORD-1", campaign_id, 300));
        ck_assert_ok(fixture_hold(f, "ORD-2", campaign_id, 300));
        rules.max_uses = 1;
        ck_assert_reason(update(campaign_id, 1, rules), REASON_LIMIT_BELOW_USAGE);
        rules.max_uses = 2, rules.budget_minor = 599;
        ck_assert_reason(update(campaign_id, 1, rules), REASON_LIMIT_BELOW_USAGE);
        rules.budget_minor = 600;
        ck_assert_ok(update(campaign_id, 1, rules));
        ck_assert_int_eq(get(campaign_id)->uses, 2);
        ck_assert_int_eq(get(campaign_id)->spent_minor, 600);
        ck_assert_reason(fixture_hold(f, "ORD-3", campaign_id, 1), REASON_PROMOTION_EXHAUSTED);
}

TEST(so_many_may_be_without_a_code_and_no_more) {
        const char *with_code = fixture_create(f, fixture_rules("A"))->campaign_id, *last = NULL;
        CampaignRules ended = fixture_rules(NULL);

        for (int i = 0; i < PROMOTION_MAX_AUTOMATIC; i++)
                last = fixture_create(f, fixture_rules(NULL))->campaign_id;
        ck_assert_reason(create(fixture_rules(NULL)), REASON_TOO_MANY_AUTOMATIC_CAMPAIGNS);
        ck_assert_reason(update(with_code, 1, fixture_rules(NULL)), REASON_TOO_MANY_AUTOMATIC_CAMPAIGNS);
        ck_assert_ok(create(fixture_rules("B")));
        ended.ends_at_us = 1;
        ck_assert_ok(update(last, 1, ended));
        ck_assert_ok(create(fixture_rules(NULL)));
}

TEST(a_list_goes_on_where_its_page_ended) {
        CampaignPosition after;
        CampaignPage page;

        for (int i = 0; i < 5; i++)
                fixture_create(f, fixture_rules(NULL));
        test_sql(f->dsn, "UPDATE campaigns SET created_at = '2024-01-01Z'");
        ck_assert_ok(promotion_list(&f->campaigns, test_ctx(), NULL, 3, &page));
        ck_assert_uint_eq(page.n_campaigns, 3);
        ck_assert(page.has_more);
        const char *third = page.campaigns[2].campaign_id;
        after = (CampaignPosition) { page.campaigns[2].created_at_us, third };
        ck_assert_ok(promotion_list(&f->campaigns, test_ctx(), &after, 3, &page));
        ck_assert_uint_eq(page.n_campaigns, 2);
        ck_assert(!page.has_more);
        ck_assert_int_lt(strcmp(page.campaigns[0].campaign_id, third), 0);
}

TEST(the_database_refuses_what_the_rules_refuse) {
        static const char *const wrong[] = {
                "type = 'raffle'", "discount_type = 'raffle'", "percent_bp = 0", "percent_bp = 10001",
                "amount_minor = 1", "buy_quantity = 1", "get_quantity = 1", "get_product_id = 'P'",
                "minimum_minor = 1", "maximum_minor = 1", "budget_minor = 1", "minimum_minor = -1",
                "starts_at = '1970-01-01Z'", "ends_at = '1970-01-01Z'", "product_ids = '{P}'",
                "category_ids = '{C}'", "type = 'catalog'", "type = 'customer'", "priority = 1001",
                "starts_at = '2024-01-02Z', ends_at = '2024-01-02Z'",
        };

        fixture_create(f, fixture_rules(NULL));
        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                test_sql(f->dsn, arena_printf(test_ctx()->arena,
                                              "DO $$ BEGIN UPDATE campaign_versions SET %s; RAISE 'taken';"
                                              " EXCEPTION WHEN check_violation THEN NULL; END $$",
                                              wrong[i]));
}

int main(void) {
        Suite *suite = suite_create("promotion/campaigns");
        TCase *tests = tcase_create("campaigns");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
