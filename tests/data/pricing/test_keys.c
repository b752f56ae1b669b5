#include "app/keys.h"
#include "fixture.h"
#include "part.h"
#include "pg/idempotency.h"
#include "service/pricing_service.h"

#define KEY "key-0123456789abcdef"

static Fixture *f;
static PricingService *pricing;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        f = fixture_new();
        void *implementation = pricing_service_new(arena, &f->pricing);
        RpcKeys *keys = app_keys_new(arena, f->pool, "pricing", NULL);
        RpcChannel *channel = test_channel_with_keys(&pricing_service_rpc, implementation, keys);
        pricing = pricing_service_connect(arena, channel);
}

static Ctx *admin_ctx(void) {
        static const Caller admin = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        Ctx *ctx = test_ctx();

        ctx->caller = &admin;
        ctx->idempotency_key = KEY;
        ctx->reply_headers = NULL;
        return ctx;
}

static const Error *set_price(Ctx *ctx, int64_t minor, int64_t *ret_id) {
        PricingV1SetBasePriceRequest *request = pricing_v1_set_base_price_request_new(ctx->arena);
        PricingV1SetBasePriceResponse *response = pricing_v1_set_base_price_response_new(ctx->arena);

        request->sku = "SKU-A";
        request->product_id = "PROD-1";
        request->currency = "USD";
        request->price_case = PRICING__V1__SET_BASE_PRICE_REQUEST__PRICE_AMOUNT_MINOR;
        request->amount_minor = minor;
        TRY(pricing->set_base_price(pricing, ctx, request, response));
        *ret_id = response->rule_id;
        return NULL;
}

TEST(a_price_is_set_once_per_key_and_answered_the_same) {
        int64_t first, again;
        Ctx *ctx = admin_ctx();

        ck_assert_ok(set_price(ctx, 100, &first));
        ck_assert(!test_is_replay(ctx));
        fixture_set_price(f, "SKU-A", 150);
        ctx = admin_ctx();
        ck_assert_ok(set_price(ctx, 100, &again));
        ck_assert(test_is_replay(ctx));
        ck_assert_int_eq(again, first);
        ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), 150);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM price_rules"), 2);
        ck_assert_reason(set_price(admin_ctx(), 101, &again), REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT created_by FROM price_rules WHERE rule_id = 1"),
                         "USER-ADMIN");
}

TEST(a_call_whose_key_was_taken_over_sets_nothing) {
        IdempotencyClaim gone = { .id = "00000000-0000-4000-8000-000000000000" };
        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);
        Ctx *ctx = admin_ctx();
        int64_t id;

        ctx->claim = &gone;
        rule.sku = "SKU-A";
        rule.product_id = "PROD-1";
        rule.currency = "USD";
        rule.is_fixed = true;
        ck_assert_reason(pricing_set_rule(&f->pricing, ctx, &rule, &id), INNER_KEY_TAKEN_OVER);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version + (SELECT count(*) FROM price_rules)"
                                                "  FROM pricing_version"),
                         0);
}

int main(void) {
        Suite *suite = suite_create("pricing/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
