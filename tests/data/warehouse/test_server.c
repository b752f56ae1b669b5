#include <string.h>

#include "bus.h"
#include "order/v1/order.rpc.h"
#include "part.h"
#include "server/server.h"
#include "support.h"
#include "warehouse/v1/warehouse.rpc.h"

#define WAIT_MS TEST_WAIT_MS

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
        static const WarehouseConfig config = { .hold_ms = 3600000, .sweep_interval_ms = 20 };

        nats = nats_server_new();
        dsn = test_database("warehouse_server");
        bus = bus_on(nats);
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

static bool has_status(void *status) {
        return strcmp(test_sql_text(dsn, "SELECT status FROM reservations"), status) == 0;
}

TEST(applies_the_events_of_the_stream) {
        start();
        receive();
        reserve("ORD-1");
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready");
        bus_tell_of_order(bus, "order.created", 1, "");
        bus_tell_of_order(bus, "order.confirmed", 2, "");
        test_wait_until(has_status, "CONFIRMED", WAIT_MS, "the reservation is confirmed");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT on_hand FROM stock"), 8);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'ORD-1'"), 2);
}

TEST(sweeps_expired_reservations_by_itself) {
        start();
        receive();
        reserve("ORD-1");
        test_sql(dsn, "UPDATE reservations SET expires_at = now()");
        test_wait_until(has_status, "EXPIRED", WAIT_MS, "the reservation has expired");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT reserved FROM stock"), 0);
}

TEST(is_ready_once_its_database_answers) {
        ck_assert_ok(app_part_ready(part, test_ctx()));
        start();
        ck_assert_ok(app_part_ready(part, test_ctx()));
}

#define MOST_WAREHOUSES 1892 /* of which the stock of one SKU fits into a message, all ids of 64 bytes */

static const Error *stock_everywhere(WarehouseV1GetStockResponse **ret_response) {
        WarehouseService *warehouse = app_part_implementation(part);
        WarehouseV1GetStockRequest *request = warehouse_v1_get_stock_request_new(test_ctx()->arena);

        request->sku = test_sql_text(dsn, "SELECT repeat('S', 64)");
        *ret_response = warehouse_v1_get_stock_response_new(test_ctx()->arena);
        return warehouse->get_stock(warehouse, test_ctx(), request, *ret_response);
}

static void receive_everywhere(int n_warehouses) {
        test_sql(dsn, arena_printf(test_ctx()->arena,
                                   "INSERT INTO stock (sku, warehouse_id)"
                                   " SELECT repeat('S', 64), rpad('W' || n, 64, '.')"
                                   "   FROM generate_series(1, %d) n ON CONFLICT DO NOTHING", n_warehouses));
}

TEST(the_stock_of_more_warehouses_than_fit_into_a_message_is_asked_for_one_by_one) {
        WarehouseV1GetStockResponse *response;

        start();
        receive_everywhere(MOST_WAREHOUSES);
        ck_assert_ok(stock_everywhere(&response));
        ck_assert_uint_eq(response->n_items, MOST_WAREHOUSES);
        ck_assert_uint_le(protobuf_c_message_get_packed_size(&response->base), MESSAGE_MAX_BYTES);
        receive_everywhere(MOST_WAREHOUSES + 1);
        const Error *error = ck_assert_reason(stock_everywhere(&response), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "warehouseId");
}

int main(void) {
        Suite *suite = suite_create("warehouse/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
