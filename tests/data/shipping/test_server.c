#include <string.h>

#include "bus.h"
#include "part.h"
#include "server/server.h"
#include "shipping/v1/shipping.rpc.h"
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
        dsn = test_database("shipping_server");
        arena = arena_new();
}

static void make(int64_t look_interval_ms) {
        static ShippingConfig config;

        config = (ShippingConfig) { .look_interval_ms = look_interval_ms, .max_age_ms = 1800000 };
        for (size_t i = 0; i < N_PARTS; i++) {
                test_host_init(&hosts[i]);
                hosts[i].base.bus = bus_on(nats);
                test_wait_until(bus_is_up, hosts[i].base.bus, WAIT_MS, "the bus is ready");
                parts[i] = test_part_new(arena, &shipping_app_service, &hosts[i], dsn, 2, &config);
        }
}

static void start(int64_t look_interval_ms) {
        make(look_interval_ms);
        for (size_t i = 0; i < N_PARTS; i++)
                ck_assert_ok(app_part_start(parts[i], test_ctx()));
        test_sql(dsn, "INSERT INTO shipping_rules (created_by, kind, country, zone)"
                      " VALUES ('test', 'ZONE', 'US', 'HOME');"
                      " INSERT INTO shipping_rules (created_by, kind, zone, method, days)"
                      " VALUES ('test', 'TRANSIT', 'HOME', 'standard', 1)");
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

static void set_rate(size_t part, int64_t minor) {
        ShippingService *shipping = app_part_implementation(parts[part]);
        Ctx *ctx = test_ctx();
        ShippingV1SetShippingRateRequest *request = shipping_v1_set_shipping_rate_request_new(ctx->arena);
        ShippingV1SetShippingRateResponse *response = shipping_v1_set_shipping_rate_response_new(ctx->arena);

        request->zone = "HOME";
        request->method = "standard";
        request->currency = "USD";
        request->price_case = SHIPPING__V1__SET_SHIPPING_RATE_REQUEST__PRICE_AMOUNT_MINOR;
        request->amount_minor = minor;
        ck_assert_ok(shipping->set_shipping_rate(shipping, ctx, request, response));
}

static ShippingV1QuoteRequest *question(Arena *own) {
        ShippingV1QuoteRequest *request = shipping_v1_quote_request_new(own);
        ShippingV1Parcel *parcel = shipping_v1_parcel_new(own);
        ShippingV1ParcelLine *line = shipping_v1_parcel_line_new(own);

        line->sku = "SKU-A", line->quantity = 1, line->weight_grams = 100;
        parcel->warehouse_id = "WH-1";
        parcel->lines = ARENA_ARRAY(own, ShippingV1ParcelLine *, 1);
        parcel->lines[0] = line, parcel->n_lines = 1;
        request->parcels = ARENA_ARRAY(own, ShippingV1Parcel *, 1);
        request->parcels[0] = parcel, request->n_parcels = 1;
        request->destination = shipping_v1_destination_new(own);
        request->destination->country = "US";
        return request;
}

/* -1: nothing is sent there yet. */
static int64_t price_at(size_t part) {
        ShippingService *shipping = app_part_implementation(parts[part]);
        Arena *own = arena_new();
        Ctx ctx = ctx_background(own);
        ShippingV1QuoteResponse *response = shipping_v1_quote_response_new(own);
        const Error *error = shipping->quote(shipping, &ctx, question(own), response);
        int64_t minor = error ? -1 : response->options[0]->total->minor;

        ck_assert(!error || error->code == ERROR_FAILED_PRECONDITION);
        arena_free(own);
        return minor;
}

static bool both_have(void *minor) {
        return price_at(0) == *(int64_t *) minor && price_at(1) == *(int64_t *) minor;
}

static void both_come_to(int64_t minor) {
        test_wait_until(both_have, &minor, WAIT_MS, "both have the new rate");
}

/* A hint that is given before the other one listens is lost: so the rate goes on rising. */
static bool other_follows(void *part) {
        static int64_t minor = 100;
        size_t here = *(size_t *) part;
        int64_t before = price_at(1 - here);

        set_rate(here, ++minor);
        ck_assert_int_eq(price_at(here), minor);
        return price_at(1 - here) > before;
}

/* They do not look by themselves as long as the test lasts. */
TEST(a_hint_brings_a_new_rate_to_the_other_process) {
        start(60000);
        set_rate(0, 100);
        for (size_t i = 0; i < N_PARTS; i++)
                test_wait_until(other_follows, &i, WAIT_MS / 2, "the other has a new rate");
}

TEST(without_hints_it_looks_by_itself) {
        start(20);
        set_rate(0, 100);
        both_come_to(100);
        nats_server_kill(nats);
        set_rate(0, 120);
        ck_assert_int_eq(price_at(0), 120);
        both_come_to(120);
}

static bool is_ready(void *part) {
        return app_part_ready(part, test_ctx()) == NULL;
}

TEST(is_ready_once_it_has_read_the_rates) {
        make(20);
        ck_assert_reason(app_part_ready(parts[0], test_ctx()), REASON_UNAVAILABLE);
        for (size_t i = 0; i < N_PARTS; i++) {
                ck_assert_ok(app_part_start(parts[i], test_ctx()));
                test_wait_until(is_ready, parts[i], WAIT_MS, "the rates are read");
        }
}

#define ITEMS ",\"items\":[{\"sku\":\"SKU-1\",\"quantity\":1,\"warehouse\":\"WH-1\"}]"

static bool has_status(void *status) {
        return strcmp(test_sql_text(dsn, "SELECT string_agg(status, ' ') FROM shipments"), status) == 0;
}

TEST(applies_the_events_of_the_stream) {
        start(20);
        bus_tell_of_order(hosts[0].base.bus, "order.created", 1, ITEMS);
        bus_tell_of_order(hosts[0].base.bus, "order.confirmed", 2, ITEMS);
        test_wait_until(has_status, "CREATED", WAIT_MS, "the shipment is made");
        bus_tell_of_order(hosts[0].base.bus, "order.cancelled", 3, ITEMS);
        test_wait_until(has_status, "CANCELLED", WAIT_MS, "the shipment is cancelled");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'ORD-1'"), 3);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox"), 1);
}

static bool is_forgotten(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM fulfilments") == 0;
}

TEST(forgets_old_tombstones_by_itself) {
        start(20);
        test_sql(dsn, "INSERT INTO fulfilments (order_id, status, created_at)"
                      " VALUES ('ORD-1', 'CANCELLED', now() - interval '2 days')");
        test_wait_until(is_forgotten, NULL, WAIT_MS, "the tombstone is forgotten");
}

int main(void) {
        Suite *suite = suite_create("shipping/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
