#include "app/keys.h"
#include "fixture.h"
#include "part.h"
#include "pg/idempotency.h"
#include "service/shipping_service.h"

#define KEY "key-0123456789abcdef"

static Fixture *f;
static ShippingService *shipping;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        f = fixture_new();
        fixture_set_home(f);
        void *implementation = shipping_service_new(arena, &f->tariff, &f->fulfilments);
        RpcKeys *keys = app_keys_new(arena, f->pool, "shipping", NULL);
        RpcChannel *channel = test_channel_with_keys(&shipping_service_rpc, implementation, keys);
        shipping = shipping_service_connect(arena, channel);
}

static Ctx *admin_ctx(void) {
        static const Caller admin = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        Ctx *ctx = test_ctx();

        ctx->caller = &admin;
        ctx->idempotency_key = KEY;
        ctx->reply_headers = NULL;
        return ctx;
}

static const Error *set_rate(Ctx *ctx, int64_t minor, int64_t *ret_id) {
        ShippingV1SetShippingRateRequest *request = shipping_v1_set_shipping_rate_request_new(ctx->arena);
        ShippingV1SetShippingRateResponse *response = shipping_v1_set_shipping_rate_response_new(ctx->arena);

        request->zone = "HOME";
        request->method = "standard";
        request->currency = "USD";
        request->price_case = SHIPPING__V1__SET_SHIPPING_RATE_REQUEST__PRICE_AMOUNT_MINOR;
        request->amount_minor = minor;
        TRY(shipping->set_shipping_rate(shipping, ctx, request, response));
        *ret_id = response->rule_id;
        return NULL;
}

TEST(a_rate_is_set_once_per_key_and_answered_the_same) {
        int64_t first, again;
        Ctx *ctx = admin_ctx();

        ck_assert_ok(set_rate(ctx, 100, &first));
        ck_assert(!test_is_replay(ctx));
        fixture_set_rate(f, 150);
        ctx = admin_ctx();
        ck_assert_ok(set_rate(ctx, 100, &again));
        ck_assert(test_is_replay(ctx));
        ck_assert_int_eq(again, first);
        ck_assert_int_eq(fixture_price(&f->tariff), 150);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM shipping_rules"), 4);
        ck_assert_reason(set_rate(admin_ctx(), 101, &again), REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT created_by FROM shipping_rules WHERE rule_id = 3"),
                         "USER-ADMIN");
}

TEST(a_call_whose_key_was_taken_over_sets_nothing) {
        IdempotencyClaim gone = { .id = "00000000-0000-4000-8000-000000000000" };
        ShippingRule rule = fixture_rate(100);
        Ctx *ctx = admin_ctx();
        int64_t id;

        ctx->claim = &gone;
        ck_assert_reason(shipping_set_rule(&f->tariff, ctx, &rule, &id), INNER_KEY_TAKEN_OVER);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version + (SELECT count(*) FROM shipping_rules)"
                                                "  FROM shipping_version"),
                         4);
}

int main(void) {
        Suite *suite = suite_create("shipping/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
