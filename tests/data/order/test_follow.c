/* Orders follow the events of their shipments, whatever comes twice, early, late or at once. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/metrics.h"
#include "biz/order/order.h"
#include "events/v1/shipment.rpc.h"
#include "json/codec.h"
#include "race.h"
#include "server/shipment_events.h"
#include "shop.h"

#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"
#define N_RACERS 4
#define N_ORDERS 8

static const EventSettings settings = { .ack_wait_ms = 600000, .inbox_hours = 720 };
static Shop *shop;
static PgPool *pool;
static EventConsumer *consumer;

/* A process's; each has its own. */
static EventConsumer *consumer_on(Arena *arena, PgPool *own) {
        EventConsumerSpec spec = order_shipment_events;

        spec.self = order_follower_new(arena, own);
        return event_consumer_new(arena, own, &spec, &settings);
}

static void setup(void) {
        shop = shop_open(false);
        pool = pool_on(shop->dsn, 8);
        consumer = consumer_on(shop->calls, pool);
}

static void teardown(void) {
        pg_pool_free(pool);
        shop_close(shop);
}

static const char *place(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, NULL, &error);

        ck_assert_ok(error);
        return order->order_id;
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

/* Of the statuses C, S and D, one letter per shipment. */
static const char *shipments_json(Arena *arena, const char *statuses) {
        StrBuf json = { .arena = arena };

        for (const char *at = statuses; *at; at++) {
                strbuf_addf(&json, "%s{\"shipmentId\":\"SHP-%d\",\"warehouseId\":\"US-WEST-01\"",
                            at > statuses ? "," : "", (int) (at - statuses));
                strbuf_addf(&json, ",\"status\":\"%s\"",
                            *at == 'C' ? "CREATED" : *at == 'S' ? "SHIPPED" : "DELIVERED");
                if (*at != 'C')
                        strbuf_addf(&json, ",\"carrier\":\"UPS\",\"trackingNumber\":\"1Z%d\""
                                           ",\"shippedAt\":\"2026-01-0%dT00:00:00Z\"",
                                    (int) (at - statuses), (int) (at - statuses) + 1);
                if (*at == 'D')
                        strbuf_addf(&json, ",\"deliveredAt\":\"2026-02-0%dT00:00:00Z\"",
                                    (int) (at - statuses) + 1);
                strbuf_addf(&json, "}");
        }
        return strbuf_text(&json);
}

static BusDelivery event(const char *order_id, int version, const char *statuses) {
        Arena *arena = test_ctx()->arena;
        const char *type = version == 1 ? "shipment.created" : "shipment.shipped";
        const char *payload = arena_printf(
                arena,
                "{\"eventId\":\"e\",\"eventType\":\"%s\",\"data\":{\"orderId\":\"%s\",\"version\":%d,"
                "\"shipmentCount\":%d,\"shipments\":[%s]}}",
                type, order_id, version, (int) strlen(statuses), shipments_json(arena, statuses));

        return (BusDelivery) {
                .subject = arena_printf(arena, "events.%s", type),
                .message_id = arena_printf(arena, "%s-%d", order_id, version),
                .payload = payload,
                .payload_bytes = strlen(payload),
                .aggregate_id = order_id,
                .aggregate_version = version,
                .previous_version = version - 1,
                .event_type = type,
                .traceparent = "00-" TRACE_ID "-00f067aa0ba902b7-01",
                .n_delivered = 1,
                .sequence = 7,
        };
}

static void handle_by(Ctx *ctx, EventConsumer *by, BusDelivery *deliveries, size_t n) {
        const BusConsumerConfig config = event_consumer_on_bus(by);

        config.handler(config.self, ctx, deliveries, n);
}

static BusVerdict verdict_of(BusDelivery delivery) {
        handle_by(test_ctx(), consumer, &delivery, 1);
        return delivery.verdict;
}

static const char *moves_of(const char *order_id) {
        return SQL("SELECT string_agg(concat_ws(' ', version, from_status, to_status), ', ' ORDER BY version)"
                   "  FROM order_history WHERE order_id = '%s' AND version > 2", order_id);
}

static const char *events_of(const char *order_id) {
        return SQL("SELECT string_agg(concat_ws(' ', aggregate_version, event_type,"
                   "                            payload::json->'data'->>'previousStatus',"
                   "                            payload::json->'data'->>'status',"
                   "                            payload::json->'data'->>'version'), ', ' ORDER BY id)"
                   "  FROM outbox WHERE aggregate_id = '%s' AND aggregate_version > 2", order_id);
}

static const char *row_of(const char *order_id) {
        return SQL("SELECT concat_ws(' ', status, version, tracking_number,"
                   "                 (shipped_at AT TIME ZONE 'UTC')::date,"
                   "                 (delivered_at AT TIME ZONE 'UTC')::date)"
                   "  FROM orders WHERE order_id = '%s'", order_id);
}

static int64_t late_events(void) {
        const char *series = "\nmillrace_order_late_shipment_events_total ";
        StrBuf text = { .arena = test_ctx()->arena };

        metrics_write(&text);
        const char *at = strstr(strbuf_text(&text), series);
        return at ? strtoll(at + strlen(series), NULL, 10) : 0;
}

TEST(the_payload_says_whose_event_it_is) {
        EventsV1ShipmentEvent *message = events_v1_shipment_event_new(test_ctx()->arena);

        ck_assert_str_eq(order_shipment_events.aggregate_id_of(&message->base), "");
        message->data = events_v1_shipment_event_data_new(test_ctx()->arena);
        message->data->order_id = "ORD-1";
        ck_assert_str_eq(order_shipment_events.aggregate_id_of(&message->base), "ORD-1");
}

TEST(an_order_follows_its_shipments_to_the_door) {
        const char *id = place();

        ck_assert_int_eq(verdict_of(event(id, 1, "CC")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "PROCESSING 3");
        ck_assert_int_eq(verdict_of(event(id, 2, "SC")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "PROCESSING 3");
        ck_assert_int_eq(verdict_of(event(id, 3, "SS")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "SHIPPED 4 2026-01-02");
        ck_assert_int_eq(verdict_of(event(id, 4, "SD")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "SHIPPED 4 2026-01-02");
        ck_assert_int_eq(verdict_of(event(id, 5, "DD")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "DELIVERED 5 2026-01-02 2026-02-02");
        ck_assert_str_eq(moves_of(id), "3 CONFIRMED PROCESSING, 4 PROCESSING SHIPPED, 5 SHIPPED DELIVERED");
        ck_assert_str_eq(events_of(id), "3 order.processing CONFIRMED PROCESSING 3,"
                                        " 4 order.shipped PROCESSING SHIPPED 4,"
                                        " 5 order.delivered SHIPPED DELIVERED 5");
        ck_assert_str_eq(SQL("SELECT string_agg(DISTINCT actor, ' ') FROM order_history WHERE version > 2"),
                         "shipping-service");
        ck_assert_str_eq(SQL("SELECT string_agg(DISTINCT substr(traceparent, 4, 32), ' ')"
                             "  FROM outbox WHERE aggregate_version > 2"),
                         TRACE_ID);
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', consumer, aggregate_type, version) FROM inbox"),
                         "order shipment 5");
}

TEST(the_number_of_the_only_shipment_is_the_orders) {
        const char *id = place();

        verdict_of(event(id, 1, "C"));
        verdict_of(event(id, 2, "S"));
        ck_assert_str_eq(row_of(id), "SHIPPED 4 1Z0 2026-01-01");
}

TEST(what_comes_again_is_done_once) {
        const char *id = place();

        for (int i = 0; i < 2; i++) {
                ck_assert_int_eq(verdict_of(event(id, 1, "C")), BUS_ACK);
                ck_assert_int_eq(verdict_of(event(id, 2, "S")), BUS_ACK);
        }
        ck_assert_str_eq(row_of(id), "SHIPPED 4 1Z0 2026-01-01");
        ck_assert_str_eq(moves_of(id), "3 CONFIRMED PROCESSING, 4 PROCESSING SHIPPED");
}

TEST(what_comes_before_its_turn_waits) {
        const char *id = place();

        ck_assert_int_eq(verdict_of(event(id, 1, "C")), BUS_ACK);
        ck_assert_int_eq(verdict_of(event(id, 3, "D")), BUS_EARLY);
        ck_assert_str_eq(row_of(id), "PROCESSING 3");
        ck_assert_int_eq(verdict_of(event(id, 2, "S")), BUS_ACK);
        ck_assert_int_eq(verdict_of(event(id, 3, "D")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "DELIVERED 5 1Z0 2026-01-01 2026-02-01");
}

/* As when the one before was parked: each event says all. */
TEST(an_order_that_missed_an_event_leaves_out_no_status) {
        const char *id = place();
        BusDelivery last = event(id, 3, "D");

        last.previous_version = 0;
        ck_assert_int_eq(verdict_of(last), BUS_ACK);
        ck_assert_str_eq(row_of(id), "DELIVERED 5 1Z0 2026-01-01 2026-02-01");
        ck_assert_str_eq(moves_of(id), "3 CONFIRMED PROCESSING, 4 PROCESSING SHIPPED, 5 SHIPPED DELIVERED");
        ck_assert_str_eq(events_of(id), "3 order.processing CONFIRMED PROCESSING 3,"
                                        " 4 order.shipped PROCESSING SHIPPED 4,"
                                        " 5 order.delivered SHIPPED DELIVERED 5");
}

TEST(events_of_many_orders_share_a_transaction) {
        const char *one = place(), *two = place();
        BusDelivery deliveries[] = { event(one, 1, "C"), event(two, 1, "CC"), event(one, 2, "S"),
                                     event(two, 2, "CS"), event(one, 3, "D") };

        handle_by(test_ctx(), consumer, deliveries, ARRAY_SIZE(deliveries));
        for (size_t i = 0; i < ARRAY_SIZE(deliveries); i++)
                ck_assert_int_eq(deliveries[i].verdict, BUS_ACK);
        ck_assert_str_eq(row_of(one), "DELIVERED 5 1Z0 2026-01-01 2026-02-01");
        ck_assert_str_eq(row_of(two), "PROCESSING 3");
        ck_assert_str_eq(SQL("SELECT count(DISTINCT xmin::text) FROM inbox"), "1");
}

TEST(an_order_that_was_cancelled_meanwhile_stays_so) {
        const char *id = place();
        int64_t before = late_events();

        test_sql(shop->dsn, "UPDATE orders SET status = 'CANCELLED', version = 3");
        ck_assert_int_eq(verdict_of(event(id, 1, "C")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "CANCELLED 3");
        ck_assert_int_eq(late_events(), before + 1);
        ck_assert_int_eq(verdict_of(event("ORD-NONE", 1, "C")), BUS_ACK);
        ck_assert_int_eq(late_events(), before + 2);
        ck_assert_str_eq(SQL("SELECT count(*) FROM inbox_dead"), "0");
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox WHERE aggregate_version > 2"), "0");
}

static BusDelivery without_shipments(const char *id) {
        BusDelivery delivery = event(id, 1, "");

        delivery.n_delivered = EVENT_MAX_DELIVERIES;
        return delivery;
}

TEST(an_event_that_does_not_tell_all_is_parked) {
        const char *id = place();
        BusDelivery partly = event(id, 2, "D");

        ck_assert_int_eq(verdict_of(without_shipments(id)), BUS_PARK);
        partly.payload = arena_printf(test_ctx()->arena,
                                      "{\"data\":{\"orderId\":\"%s\",\"version\":2,\"shipmentCount\":2,"
                                      "\"shipments\":[{\"status\":\"DELIVERED\"}]}}", id);
        partly.payload_bytes = strlen(partly.payload);
        partly.n_delivered = EVENT_MAX_DELIVERIES;
        ck_assert_int_eq(verdict_of(partly), BUS_PARK);
        ck_assert_str_eq(row_of(id), "CONFIRMED 2");
        ck_assert_int_eq(verdict_of(event(id, 3, "C")), BUS_ACK);
        ck_assert_str_eq(row_of(id), "PROCESSING 3");
}

/* A newer process of shipping may say more than this one knows: a newer one of order will take it. */
TEST(a_status_that_is_not_known_yet_is_tried_again) {
        const char *id = place();
        BusDelivery delivery = event(id, 1, "C");

        delivery.payload = arena_printf(test_ctx()->arena,
                                        "{\"data\":{\"orderId\":\"%s\",\"version\":1,\"shipmentCount\":1,"
                                        "\"shipments\":[{\"status\":\"LOST\"}]}}", id);
        delivery.payload_bytes = strlen(delivery.payload);
        delivery.n_delivered = EVENT_MAX_DELIVERIES;
        ck_assert_int_eq(verdict_of(delivery), BUS_RETRY);
        ck_assert_str_eq(row_of(id), "CONFIRMED 2");
}

/* ---- who else moves it ---- */

static const Error *run_after(const char *order_id, const char *statement) {
        EventConsumerSpec spec = order_shipment_events;
        Ctx *ctx = test_ctx();
        PgBatch *batch = pg_batch_new(pool, ctx);
        BusDelivery delivery = event(order_id, 1, "C");
        ProtobufCMessage *message;

        ck_assert_ok(json_read_event(ctx->arena, spec.message, delivery.payload, delivery.payload_bytes,
                                     &message));
        Event read = {
                .type = "shipment.created", .aggregate_id = order_id, .version = 1, .message = message };
        TRY(spec.apply(order_follower_new(ctx->arena, pool), batch, &read, 1));
        test_sql(shop->dsn, statement);
        return pg_batch_run(batch);
}

TEST(an_order_that_somebody_moves_meanwhile_is_looked_at_again) {
        const char *id = place();

        ck_assert_reason(run_after(id, "UPDATE orders SET status = 'CANCELLED', version = 3"),
                         INNER_ORDER_MOVED);
        ck_assert_str_eq(row_of(id), "CANCELLED 3");
        ck_assert_str_eq(moves_of(id), "");
}

TEST(what_others_write_without_moving_the_order_stays) {
        const char *id = place();

        ck_assert_ok(run_after(id, "UPDATE orders SET payment_status = 'paid', metadata = '{\"a\": 1}',"
                                   "                  payment_transaction_id = 'later'"));
        ck_assert_str_eq(row_of(id), "PROCESSING 3");
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', payment_status, payment_transaction_id, metadata->>'a')"
                             "  FROM orders"), "paid later 1");
}

typedef struct Stream {
        const char *order_ids[N_ORDERS];
        BusDelivery deliveries[3 * N_ORDERS];
} Stream;

static bool is_done(const BusDelivery *deliveries, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (deliveries[i].verdict != BUS_ACK)
                        return false;
        return true;
}

/* A process with sessions of its own takes all events; each begins with others. */
static void take(Ctx *ctx, void *arg, size_t racer) {
        const Stream *stream = arg;
        size_t n = ARRAY_SIZE(stream->deliveries);
        PgPool *own = pg_pool_new(&(PgPoolConfig) { .dsn = shop->dsn, .n_connections = 2,
                                                    .connect_timeout_ms = TEST_WAIT_MS,
                                                    .statement_timeout_ms = TEST_WAIT_MS,
                                                    .idle_transaction_timeout_ms = TEST_WAIT_MS });
        EventConsumer *by = consumer_on(ctx->arena, own);
        BusDelivery mine[ARRAY_SIZE(stream->deliveries)];

        for (size_t i = 0; i < n; i++)
                mine[i] = stream->deliveries[(i + racer * 5) % n];
        do
                handle_by(ctx, by, mine, n);
        while (!is_done(mine, n));
        pg_pool_free(own);
}

TEST(processes_that_race_move_each_order_once) {
        static const char *const states[] = { "C", "S", "D" };
        Stream stream;

        for (size_t i = 0; i < N_ORDERS; i++) {
                stream.order_ids[i] = place();
                for (size_t k = 0; k < ARRAY_SIZE(states); k++)
                        stream.deliveries[3 * i + k] =
                                event(stream.order_ids[i], (int) k + 1, states[k]);
        }
        race_run(N_RACERS, take, &stream);
        for (size_t i = 0; i < N_ORDERS; i++) {
                ck_assert_str_eq(row_of(stream.order_ids[i]), "DELIVERED 5 1Z0 2026-01-01 2026-02-01");
                ck_assert_str_eq(events_of(stream.order_ids[i]),
                                 "3 order.processing CONFIRMED PROCESSING 3,"
                                 " 4 order.shipped PROCESSING SHIPPED 4,"
                                 " 5 order.delivered SHIPPED DELIVERED 5");
        }
}

int main(void) {
        Suite *suite = suite_create("order follow");
        TCase *tests = tcase_create("follow");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_set_timeout(tests, 120);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
