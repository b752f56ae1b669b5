#include <string.h>

#include "bus/publisher.h"
#include "nats_server.h"
#include "order/v1/order.rpc.h"
#include "part.h"
#include "server/server.h"
#include "support.h"
#include "warehouse/v1/warehouse.rpc.h"

#define WAIT_MS TEST_WAIT_MS
#define STREAM_MAX_BYTES (INT64_C(64) * 1024 * 1024)

/* Orders of which nobody knows anything. */
static const Error *resolve_holds(OrderService *self, Ctx *ctx, const OrderV1ResolveHoldsRequest *request,
                                  OrderV1ResolveHoldsResponse *response) {
        (void) self;
        response->n_outcomes = request->n_order_ids;
        response->outcomes = ARENA_ARRAY(ctx->arena, OrderV1HoldOutcome, request->n_order_ids);
        for (size_t i = 0; i < request->n_order_ids; i++)
                response->outcomes[i] = ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN;
        return NULL;
}

static OrderService orders = { .resolve_holds = resolve_holds };
static const char *dsn;
static NatsServer *nats;
static Bus *bus;
static TestHost host;
static Arena *arena;
static AppPart *part;

static void set_up(void) {
        static const WarehouseConfig config = {
                .hold_ms = 3600000, .sweep_interval_ms = 20, .ack_wait_ms = 600000, .inbox_hours = 720
        };

        nats = nats_server_new();
        dsn = test_database("warehouse_server");
        bus = bus_new(&(BusConfig) {
                .url = nats_server_url(nats),
                .user = NATS_TEST_USER,
                .password_file = nats_server_password_file(nats),
                .keeps_stream = true,
                .name = "test",
                .stream_max_bytes = STREAM_MAX_BYTES,
        });
        test_host_init(&host);
        test_host_serve(&host, &order_service_rpc, &orders);
        host.base.bus = bus;
        arena = arena_new();
        part = test_part_new(arena, &warehouse_app_service, &host, dsn, 4, &config);
}

static void start(void) {
        ck_assert_ok(app_part_start(part, test_ctx()));
}

static void tear_down(void) {
        app_part_drain(part);
        app_part_stop(part);
        app_part_free(part);
        arena_free(arena);
        bus_free(bus);
}

static void reserve(char *order_id) {
        WarehouseService *warehouse = app_part_implementation(part);
        Ctx *ctx = test_ctx();
        WarehouseV1ReserveStockRequest *request = warehouse_v1_reserve_stock_request_new(ctx->arena);
        WarehouseV1ReserveStockResponse *response = warehouse_v1_reserve_stock_response_new(ctx->arena);
        WarehouseV1StockLine *line = warehouse_v1_stock_line_new(ctx->arena);

        line->product_id = "PROD-1";
        line->sku = "SKU-A";
        line->warehouse_id = "US-WEST-01";
        line->quantity = 2;
        request->order_id = order_id;
        request->items = &line;
        request->n_items = 1;
        ck_assert_ok(warehouse->reserve_stock(warehouse, ctx, request, response));
        ck_assert_int_eq(response->reservation->status,
                         WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE);
        ck_assert_int_gt(response->reservation->expires_at->seconds, 0);
}

static void receive(void) {
        test_sql(dsn, "INSERT INTO stock (sku, warehouse_id, on_hand) VALUES ('SKU-A', 'US-WEST-01', 10)");
}

static bool is_ready(void *arg) {
        return bus_is_ready(arg);
}

static bool has_status(void *status) {
        return strcmp(test_sql_text(dsn, "SELECT status FROM reservations"), status) == 0;
}

static void publish_event(const char *event_type, int64_t version) {
        Ctx *ctx = test_ctx();
        BusPublisher *publisher = bus_publisher_new(bus);
        BusMessage message = {
                .subject = arena_printf(ctx->arena, "events.%s", event_type),
                .message_id = arena_printf(ctx->arena, "event-%lld", (long long) version),
                .payload = arena_printf(
                        ctx->arena,
                        "{\"eventType\":\"%s\",\"data\":{\"orderId\":\"ORD-1\",\"version\":%lld}}",
                        event_type, (long long) version),
                .aggregate_id = "ORD-1",
                .aggregate_version = version,
                .event_type = event_type,
        };

        message.payload_bytes = strlen(message.payload);
        ck_assert_ok(bus_publish(publisher, ctx, &message, 1, WAIT_MS));
        bus_publisher_free(publisher);
}

START_TEST(applies_the_events_of_the_stream) {
        start();
        receive();
        reserve("ORD-1");
        test_wait_until(is_ready, bus, WAIT_MS, "the bus is ready");
        publish_event("order.created", 1);
        publish_event("order.confirmed", 2);
        test_wait_until(has_status, "CONFIRMED", WAIT_MS, "the reservation is confirmed");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT on_hand FROM stock"), 8);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'ORD-1'"), 2);
}
END_TEST

#define N_ORDERS 600 /* more than may be on their way without an acknowledgement */

/* Event number version of orders ORD-0 ...; the one before of each has the sequence of its order's number. */
static void publish_many(const char *event_type, int64_t version) {
        Ctx *ctx = test_ctx();
        BusPublisher *publisher = bus_publisher_new(bus);
        BusMessage *messages = ARENA_ARRAY(ctx->arena, BusMessage, N_ORDERS);

        for (int i = 0; i < N_ORDERS; i++) {
                const char *order_id = arena_printf(ctx->arena, "ORD-%d", i);

                messages[i] = (BusMessage) {
                        .subject = arena_printf(ctx->arena, "events.%s", event_type),
                        .message_id = arena_printf(ctx->arena, "%s-%lld", order_id, (long long) version),
                        .payload = arena_printf(
                                ctx->arena,
                                "{\"eventType\":\"%s\",\"data\":{\"orderId\":\"%s\",\"version\":%lld}}",
                                event_type, order_id, (long long) version),
                        .aggregate_id = order_id,
                        .aggregate_version = version,
                        .previous_version = version - 1,
                        .previous_sequence = version > 1 ? (version - 2) * N_ORDERS + i + 1 : 0,
                        .event_type = event_type,
                };
                messages[i].payload_bytes = strlen(messages[i].payload);
        }
        ck_assert_ok(bus_publish(publisher, ctx, messages, N_ORDERS, WAIT_MS));
        bus_publisher_free(publisher);
}

static bool all_have_version(void *version) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena,
                                                "SELECT count(*) FROM inbox WHERE version = %d"
                                                " AND aggregate_id <> 'ORD-NEW'",
                                                *(int *) version)) == N_ORDERS;
}

static void wait_for_version(int version) {
        test_wait_until(all_have_version, &version, WAIT_MS, "the events of all orders are applied");
}

/* As a consumer finds it that is deployed after the stream has let its first events go. */
START_TEST(a_consumer_that_is_younger_than_the_stream_begins_with_what_is_there) {
        start();
        test_wait_until(is_ready, bus, WAIT_MS, "the bus is ready");
        publish_many("order.created", 1);
        wait_for_version(1);
        ck_assert_int_eq(js_PurgeStream(nats_server_jetstream(nats), BUS_STREAM, NULL, NULL), NATS_OK);
        test_sql(dsn, "DELETE FROM inbox");
        publish_many("order.cancelled", 2);
        wait_for_version(2);
        publish_many("order.updated", 3);
        wait_for_version(3);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM inbox_dead"), 0);
}
END_TEST

/* As after a restore of the database: the stream has what was acknowledged, and does not send it again. */
START_TEST(what_an_early_event_waits_for_is_read_from_the_stream_in_order) {
        start();
        receive();
        reserve("ORD-1");
        test_wait_until(is_ready, bus, WAIT_MS, "the bus is ready");
        publish_many("order.created", 1);
        publish_many("order.updated", 2);
        wait_for_version(2);
        test_sql(dsn, "DELETE FROM inbox");
        publish_many("order.confirmed", 3);
        wait_for_version(3);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM inbox_dead"), 0);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT on_hand FROM stock"), 8);
}
END_TEST

START_TEST(sweeps_expired_reservations_by_itself) {
        start();
        receive();
        reserve("ORD-1");
        test_sql(dsn, "UPDATE reservations SET expires_at = now()");
        test_wait_until(has_status, "EXPIRED", WAIT_MS, "the reservation has expired");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT reserved FROM stock"), 0);
}
END_TEST

START_TEST(is_ready_once_its_database_answers) {
        ck_assert_ok(app_part_ready(part, test_ctx()));
        start();
        ck_assert_ok(app_part_ready(part, test_ctx()));
}
END_TEST

START_TEST(an_inbox_that_forgets_before_the_stream_is_refused) {
        const WarehouseConfig forgetful = { .hold_ms = 1000, .sweep_interval_ms = 20, .ack_wait_ms = 10000,
                                            .inbox_hours = bus_retention_hours(bus) };
        const PgPoolConfig database = { .dsn = dsn, .n_connections = 1 };
        AppPart *second = NULL;

        const Error *error = app_part_new(test_ctx()->arena, &warehouse_app_service, &host.base, &database,
                                          &forgetful, &second);
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_nonnull(strstr(error->message, "MILLRACE_WAREHOUSE_INBOX_HOURS"));
        ck_assert_ptr_null(second);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("warehouse/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        tcase_add_test(tests, applies_the_events_of_the_stream);
        tcase_add_test(tests, a_consumer_that_is_younger_than_the_stream_begins_with_what_is_there);
        tcase_add_test(tests, what_an_early_event_waits_for_is_read_from_the_stream_in_order);
        tcase_add_test(tests, sweeps_expired_reservations_by_itself);
        tcase_add_test(tests, is_ready_once_its_database_answers);
        tcase_add_test(tests, an_inbox_that_forgets_before_the_stream_is_refused);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
