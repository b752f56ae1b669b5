#include "bus.h"
#include "part.h"
#include "pricing/v1/pricing.rpc.h"
#include "server/server.h"
#include "support.h"

#define WAIT_MS TEST_WAIT_MS
#define N_PARTS 2 /* as in two processes */

static const char *dsn;
static NatsServer *nats;
static Arena *arena;
static TestHost hosts[N_PARTS];
static AppPart *parts[N_PARTS];

static void set_up(void) {
        nats = nats_server_new();
        dsn = test_database("pricing_server");
        arena = arena_new();
}

static void start_part(size_t i, int64_t look_interval_ms) {
        static PricingConfig config;

        config = (PricingConfig) { .look_interval_ms = look_interval_ms, .max_age_ms = 1800000 };
        test_host_init(&hosts[i]);
        hosts[i].base.bus = bus_on(nats);
        test_wait_until(bus_is_up, hosts[i].base.bus, WAIT_MS, "the bus is ready");
        parts[i] = test_part_new(arena, &pricing_app_service, &hosts[i], dsn, 2, &config);
        ck_assert_ok(app_part_start(parts[i], test_ctx()));
}

static void start(int64_t look_interval_ms) {
        for (size_t i = 0; i < N_PARTS; i++)
                start_part(i, look_interval_ms);
}

static void tear_down(void) {
        for (size_t i = 0; i < N_PARTS; i++) {
                app_part_drain(parts[i]);
                app_part_stop(parts[i]);
                app_part_free(parts[i]);
                bus_free(hosts[i].base.bus);
        }
        arena_free(arena);
}

static void set_price(size_t part, int64_t minor) {
        PricingService *pricing = app_part_implementation(parts[part]);
        Ctx *ctx = test_ctx();
        PricingV1SetBasePriceRequest *request = pricing_v1_set_base_price_request_new(ctx->arena);
        PricingV1SetBasePriceResponse *response = pricing_v1_set_base_price_response_new(ctx->arena);

        request->sku = "SKU-A";
        request->product_id = "PROD-1";
        request->currency = "USD";
        request->price_case = PRICING__V1__SET_BASE_PRICE_REQUEST__PRICE_AMOUNT_MINOR;
        request->amount_minor = minor;
        ck_assert_ok(pricing->set_base_price(pricing, ctx, request, response));
}

static int64_t price_at(size_t part) {
        PricingService *pricing = app_part_implementation(parts[part]);
        Arena *own = arena_new();
        Ctx ctx = ctx_background(own);
        PricingV1GetPriceRequest *request = pricing_v1_get_price_request_new(own);
        PricingV1GetPriceResponse *response = pricing_v1_get_price_response_new(own);

        request->sku = "SKU-A";
        ck_assert_ok(pricing->get_price(pricing, &ctx, request, response));
        int64_t minor = response->price->minor;
        arena_free(own);
        return minor;
}

static bool both_have(void *minor) {
        return price_at(0) == *(int64_t *) minor && price_at(1) == *(int64_t *) minor;
}

static void both_come_to(int64_t minor) {
        test_wait_until(both_have, &minor, WAIT_MS, "both have the new price");
}

/* A hint that is given before the other one listens is lost: so the price goes on rising. */
static bool other_follows(void *part) {
        static int64_t minor = 100;
        size_t here = *(size_t *) part;
        int64_t before = price_at(1 - here);

        set_price(here, ++minor);
        ck_assert_int_eq(price_at(here), minor);
        return price_at(1 - here) > before;
}

/* They do not look by themselves as long as the test lasts. */
TEST(a_hint_brings_a_new_price_to_the_other_process) {
        start(60000);
        set_price(0, 100);
        for (size_t i = 0; i < N_PARTS; i++)
                test_wait_until(other_follows, &i, WAIT_MS / 2, "the other has a new price");
}

TEST(without_hints_it_looks_by_itself) {
        start(20);
        set_price(0, 100);
        both_come_to(100);
        nats_server_kill(nats);
        set_price(0, 120);
        ck_assert_int_eq(price_at(0), 120);
        both_come_to(120);
}

static bool is_ready(void *part) {
        return !app_part_ready(part, test_ctx());
}

/* The table of the rules is locked while the second one starts: the first one knows them already. */
TEST(it_is_not_ready_before_it_has_read_the_rules) {
        start_part(0, 20);
        test_wait_until(is_ready, parts[0], WAIT_MS, "the first one has read the rules");
        test_sql(dsn, "BEGIN; LOCK TABLE price_rules IN ACCESS EXCLUSIVE MODE");
        start_part(1, 20);
        ck_assert_reason(app_part_ready(parts[1], test_ctx()), REASON_UNAVAILABLE);
        ck_assert_ok(app_part_ready(parts[0], test_ctx()));
        test_sql(dsn, "COMMIT");
        test_wait_until(is_ready, parts[1], WAIT_MS, "the second one has read the rules");
}

int main(void) {
        Suite *suite = suite_create("pricing/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
