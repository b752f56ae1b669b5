#include <string.h>

#include "data/fulfilment_repo.h"
#include "events/v1/order.rpc.h"
#include "events/v1/shipment.rpc.h"
#include "fixture.h"
#include "json/codec.h"
#include "server/order_events.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static void apply(const Event *events, size_t n) {
        ck_assert_ok(fixture_try_events(f, test_ctx(), events, n));
        fixture_assert_books(f);
}

static const char *text(const char *query) {
        return test_sql_text(f->dsn, query);
}

static int64_t count(const char *table) {
        return test_sql_int64(f->dsn, arena_printf(test_ctx()->arena, "SELECT count(*) FROM %s", table));
}

TEST(the_payload_says_whose_event_it_is) {
        EventsV1OrderEvent *message = events_v1_order_event_new(test_ctx()->arena);

        ck_assert_str_eq(shipping_order_events.aggregate_id_of(&message->base), "");
        message->data = events_v1_order_event_data_new(test_ctx()->arena);
        message->data->order_id = "ORD-1";
        ck_assert_str_eq(shipping_order_events.aggregate_id_of(&message->base), "ORD-1");
}

TEST(a_confirmed_order_has_a_shipment_per_seller_and_warehouse) {
        fixture_confirm(f, "ORD-1");
        ck_assert_str_eq(text("SELECT string_agg(concat_ws(' ', number, seller_id, warehouse_id, status,"
                              "                            version), ', ' ORDER BY number)"
                              "  FROM shipments WHERE order_id = 'ORD-1'"),
                         "1 SELLER-1 US-WEST-01 CREATED 1, 2 SELLER-2 US-WEST-01 CREATED 1");
        ck_assert_str_eq(text("SELECT string_agg(concat_ws(' ', seller_id, line, product_id, sku, name,"
                              "                            quantity), ', ' ORDER BY number, line)"
                              "  FROM shipments JOIN shipment_items USING (shipment_id)"),
                         "SELLER-1 1 PROD-1 SKU-1 A thing 2, SELLER-1 2 PROD-1 SKU-3 A thing 2,"
                         " SELLER-2 1 PROD-1 SKU-2 A thing 2");
        ck_assert_str_eq(text("SELECT concat_ws(' ', customer_id, method, estimated_delivery, street, city,"
                              "                 state, zip_code, country, status, version, n_shipments,"
                              "                 n_shipped)"
                              "  FROM fulfilments"),
                         "CUST-1 standard 2024-08-15 123 Main St Berkeley CA 94704 US OPEN 1 2 0");
        ck_assert_str_eq(text("SELECT string_agg(concat_ws(' ', version, status, actor), ', ')"
                              "  FROM shipment_history"),
                         "1 CREATED shipping-service, 1 CREATED shipping-service");
        fixture_assert_books(f);
}

static const EventsV1ShipmentEvent *event_of(int64_t version) {
        const char *json = test_sql_text(
                f->dsn, arena_printf(test_ctx()->arena,
                                     "SELECT payload FROM outbox WHERE aggregate_version = %lld",
                                     (long long) version));
        ProtobufCMessage *message;

        ck_assert_ok(json_read_event(test_ctx()->arena, &events_v1_shipment_event_info, json, strlen(json),
                                     &message));
        return (const EventsV1ShipmentEvent *) message;
}

TEST(its_event_has_all_shipments_and_goes_on_with_the_trace) {
        Event confirmed = fixture_event("ORD-1", 2, "order.confirmed");

        strcpy(confirmed.trace.trace_id, "0123456789abcdef0123456789abcdef");
        strcpy(confirmed.trace.span_id, "0123456789abcdef");
        apply(&confirmed, 1);
        const EventsV1ShipmentEvent *event = event_of(1);
        ck_assert_str_eq(event->event_type, "shipment.created");
        ck_assert_str_eq(event->source, "shipping-service");
        ck_assert_int_gt(event->timestamp->seconds, 0);
        ck_assert_str_eq(event->data->order_id, "ORD-1");
        ck_assert_str_eq(event->data->customer_id, "CUST-1");
        ck_assert_str_eq(event->data->shipment_id, "");
        ck_assert_int_eq(event->data->version, 1);
        ck_assert_int_eq(event->data->shipment_count, 2);
        ck_assert_uint_eq(event->data->n_shipments, 2);
        const EventsV1ShipmentEventShipment *shipment = event->data->shipments[1];
        ck_assert_str_eq(shipment->seller_id, "SELLER-2");
        ck_assert_str_eq(shipment->warehouse_id, "US-WEST-01");
        ck_assert_str_eq(shipment->status, "CREATED");
        ck_assert_str_eq(shipment->tracking_number, "");
        ck_assert_str_eq(shipment->estimated_delivery, "2024-08-15");
        ck_assert_ptr_null(shipment->shipped_at);
        ck_assert_str_eq(text("SELECT concat_ws(' ', aggregate_type, aggregate_id, event_type,"
                              "                 substr(traceparent, 4, 32),"
                              "                 event_id::text = payload::json->>'eventId')"
                              "  FROM outbox"),
                         "shipment ORD-1 shipment.created 0123456789abcdef0123456789abcdef t");
}

TEST(events_of_many_orders_share_a_batch) {
        const Event events[] = {
                fixture_event("ORD-1", 1, "order.created"),   fixture_event("ORD-2", 1, "order.created"),
                fixture_event("ORD-1", 2, "order.confirmed"), fixture_event("ORD-2", 2, "order.confirmed"),
                fixture_event("ORD-3", 2, "order.confirmed"), fixture_event("ORD-2", 3, "order.cancelled"),
                fixture_event("ORD-4", 2, "order.payment_failed"),
        };

        apply(events, 7);
        ck_assert_str_eq(text("SELECT string_agg(concat_ws(' ', order_id, status, n_shipments), ', '"
                              "                  ORDER BY order_id) FROM fulfilments"),
                         "ORD-1 OPEN 2, ORD-2 CANCELLED 2, ORD-3 OPEN 2");
        ck_assert_int_eq(count("outbox"), 3);
}

TEST(an_order_that_was_cancelled_before_has_no_shipments_and_no_event) {
        const Event events[] = { fixture_event("ORD-1", 2, "order.confirmed"),
                                 fixture_event("ORD-2", 2, "order.confirmed") };
        int64_t n_cancelled = -1;

        ck_assert_ok(shipping_cancel(&f->fulfilments, test_ctx(), "ORD-1", "", &n_cancelled));
        ck_assert_int_eq(n_cancelled, 0);
        apply(events, 2);
        ck_assert_int_eq(count("shipments WHERE order_id = 'ORD-1'"), 0);
        ck_assert_int_eq(count("shipments WHERE order_id = 'ORD-2'"), 2);
        ck_assert_int_eq(count("outbox"), 1);
}

TEST(a_confirmation_that_comes_twice_changes_nothing) {
        const Event confirmed = fixture_event("ORD-1", 2, "order.confirmed");

        apply(&confirmed, 1);
        apply(&confirmed, 1);
        ck_assert_int_eq(count("shipments"), 2);
        ck_assert_int_eq(count("outbox"), 1);
}

/* Between the look of the consumer and its batch. */
TEST(a_cancellation_that_comes_between_fails_the_batch_and_the_next_try_sees_it) {
        const Event confirmed = fixture_event("ORD-1", 2, "order.confirmed");
        PgBatch *batch = pg_batch_new(f->pool, test_ctx());
        int64_t n_cancelled;

        ck_assert_ok(shipping_order_events.apply(f->pool, batch, &confirmed, 1));
        ck_assert_ok(shipping_cancel(&f->fulfilments, test_ctx(), "ORD-1", "", &n_cancelled));
        const Error *error = pg_batch_run(batch);
        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert(!error_is_final(error));
        ck_assert_int_eq(count("shipments") + count("outbox") + count("shipment_history"), 0);
        apply(&confirmed, 1);
        ck_assert_int_eq(count("shipments") + count("outbox"), 0);
}

TEST(an_order_that_ended_has_its_shipments_cancelled_unless_one_is_on_its_way) {
        const Event cancelled = fixture_event("ORD-1", 3, "order.cancelled");
        const Event failed = fixture_event("ORD-2", 3, "order.failed");
        const char *shipped = fixture_confirm(f, "ORD-1");
        Ctx admin = fixture_admin(test_ctx());
        const Shipment *shipment;

        fixture_confirm(f, "ORD-2");
        ck_assert_ok(shipping_mark_shipped(&f->fulfilments, &admin, shipped, "UPS", "1Z", &shipment));
        apply(&cancelled, 1);
        apply(&failed, 1);
        ck_assert_str_eq(text("SELECT string_agg(concat_ws(' ', order_id, number, status), ', '"
                              "                  ORDER BY order_id, number) FROM shipments"),
                         "ORD-1 1 SHIPPED, ORD-1 2 CREATED, ORD-2 1 CANCELLED, ORD-2 2 CANCELLED");
        ck_assert_str_eq(text("SELECT DISTINCT concat_ws(' ', version, actor)"
                              "  FROM shipment_history WHERE status = 'CANCELLED'"),
                         "2 shipping-service");
}

TEST(an_old_event_that_says_neither_seller_nor_method_is_shipped_too) {
        Event confirmed = fixture_event("ORD-1", 2, "order.confirmed");
        EventsV1OrderEventData *data = ((EventsV1OrderEvent *) confirmed.message)->data;

        data->shipping = NULL;
        data->addresses = NULL;
        for (size_t i = 0; i < data->n_items; i++)
                data->items[i]->seller_id = "";
        apply(&confirmed, 1);
        ck_assert_str_eq(text("SELECT concat_ws('/', method, estimated_delivery, country, seller_id)"
                              "  FROM fulfilments JOIN shipments USING (order_id)"),
                         "///");
}

TEST(an_order_without_items_is_never_shipped) {
        Event confirmed = fixture_event("ORD-1", 2, "order.confirmed");

        ((EventsV1OrderEvent *) confirmed.message)->data->n_items = 0;
        ck_assert(error_is_final(fixture_try_events(f, test_ctx(), &confirmed, 1)));
        ck_assert_int_eq(count("fulfilments"), 0);
}

int main(void) {
        Suite *suite = suite_create("shipping/events");
        TCase *tests = tcase_create("events");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
