#include <string.h>

#include "events/v1/shipment.rpc.h"
#include "fixture.h"
#include "json/codec.h"

static Fixture *f;
static Ctx admin;
static const char *first; /* of SELLER-1, of ORD-1 */
static const Shipment *shipment;

static void set_up(void) {
        f = fixture_new();
        admin = fixture_admin(test_ctx());
        first = fixture_confirm(f, "ORD-1");
}

static const char *second(void) {
        return test_sql_text(f->dsn, "SELECT shipment_id FROM shipments WHERE number = 2");
}

static const Error *ship(const char *shipment_id, const char *number) {
        return shipping_mark_shipped(&f->fulfilments, &admin, shipment_id, "UPS", number, &shipment);
}

static const Error *deliver(const char *shipment_id) {
        return shipping_mark_delivered(&f->fulfilments, &admin, shipment_id, &shipment);
}

static const EventsV1ShipmentEvent *event_of(int64_t version) {
        const char *json = test_sql_text(
                f->dsn, arena_printf(admin.arena, "SELECT payload FROM outbox WHERE aggregate_version = %lld",
                                     (long long) version));
        ProtobufCMessage *message;

        ck_assert_ok(json_read_event(admin.arena, &events_v1_shipment_event_info, json, strlen(json),
                                     &message));
        return (const EventsV1ShipmentEvent *) message;
}

TEST(a_shipment_reads_back_as_it_was_marked) {
        const ShipmentChange *changes;
        size_t n_changes;

        ck_assert_ok(ship(first, "1Z999"));
        Shipment shipped = *shipment;
        ck_assert_ok(deliver(first));
        ck_assert_ok(shipping_get_shipment(&f->fulfilments, &admin, first, &shipment, &changes, &n_changes));
        ck_assert_int_eq(shipment->status, SHIPMENT_DELIVERED);
        ck_assert_str_eq(shipment->carrier, "UPS");
        ck_assert_str_eq(shipment->tracking_number, "1Z999");
        ck_assert_int_eq(shipment->shipped_at_us, shipped.shipped_at_us);
        ck_assert_int_ge(shipment->delivered_at_us, shipment->shipped_at_us);
        ck_assert_int_eq(shipment->version, 3);
        ck_assert_int_gt(shipment->created_at_us, 0);
        ck_assert_str_eq(shipment->order.order_id, "ORD-1");
        ck_assert_str_eq(shipment->order.customer_id, "CUST-1");
        ck_assert_str_eq(shipment->order.method, "standard");
        ck_assert_str_eq(shipment->order.address.zip_code, "94704");
        ck_assert_str_eq(shipment->seller_id, "SELLER-1");
        ck_assert_str_eq(shipment->warehouse_id, "US-WEST-01");
        ck_assert_uint_eq(shipment->n_items, 2);
        ck_assert_str_eq(shipment->items[0].sku, "SKU-1");
        ck_assert_str_eq(shipment->items[1].sku, "SKU-3");
        ck_assert_uint_eq(n_changes, 3);
        ck_assert_int_eq(changes[0].status, SHIPMENT_CREATED);
        ck_assert_str_eq(changes[0].actor, "shipping-service");
        ck_assert_int_eq(changes[1].status, SHIPMENT_SHIPPED);
        ck_assert_str_eq(changes[1].tracking_number, "1Z999");
        ck_assert_str_eq(changes[1].actor, "USER-1");
        ck_assert_int_eq(changes[2].version, 3);
        ck_assert_int_gt(changes[2].changed_at_us, 0);
        fixture_assert_books(f);
}

TEST(each_mark_is_an_event_with_the_state_of_all) {
        ck_assert_ok(ship(first, "1Z999"));
        const EventsV1ShipmentEvent *event = event_of(2);
        ck_assert_str_eq(event->event_type, "shipment.shipped");
        ck_assert_str_eq(event->data->shipment_id, first);
        ck_assert_int_eq(event->data->version, 2);
        ck_assert_int_eq(event->data->shipment_count, 2);
        ck_assert_str_eq(event->data->shipments[0]->status, "SHIPPED");
        ck_assert_str_eq(event->data->shipments[0]->carrier, "UPS");
        ck_assert_str_eq(event->data->shipments[0]->tracking_number, "1Z999");
        ck_assert_int_gt(event->data->shipments[0]->shipped_at->seconds, 0);
        ck_assert_str_eq(event->data->shipments[1]->status, "CREATED");
        ck_assert_ok(ship(second(), "1Z998"));
        ck_assert_ok(deliver(first));
        event = event_of(4);
        ck_assert_str_eq(event->event_type, "shipment.delivered");
        ck_assert_str_eq(event->data->shipments[0]->status, "DELIVERED");
        ck_assert_int_gt(event->data->shipments[0]->delivered_at->seconds, 0);
        ck_assert_str_eq(event->data->shipments[1]->status, "SHIPPED");
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(event_type, ' ' ORDER BY aggregate_version)"
                                               "  FROM outbox"),
                         "shipment.created shipment.shipped shipment.shipped shipment.delivered");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT n_shipped FROM fulfilments"), 2);
        fixture_assert_books(f);
}

TEST(the_same_mark_again_writes_nothing) {
        ck_assert_ok(ship(first, "1Z999"));
        ck_assert_ok(ship(first, "1Z999"));
        ck_assert_reason(ship(first, "1Z998"), REASON_TRACKING_MISMATCH);
        ck_assert_ok(deliver(first));
        ck_assert_ok(deliver(first));
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM outbox"), 3);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM shipment_history"), 4);
        fixture_assert_books(f);
}

TEST(what_was_never_made_is_not_found) {
        const Fixture *nothing = f;
        Fulfilment *fulfilment = NULL;

        ck_assert_reason(ship("SHP-NONE", "1"), REASON_SHIPMENT_NOT_FOUND);
        ck_assert_ok(nothing->fulfilments.repo->find(f->fulfilments.repo, test_ctx(), "ORD-9", &fulfilment));
        ck_assert_ptr_null(fulfilment);
}

TEST(an_order_is_tracked_with_all_its_shipments) {
        const Fulfilment *fulfilment;

        fixture_confirm(f, "ORD-2");
        ck_assert_ok(ship(first, "1Z999"));
        ck_assert_ok(shipping_track(&f->fulfilments, &admin, "ORD-1", &fulfilment));
        ck_assert_uint_eq(fulfilment->n_shipments, 2);
        ck_assert_str_eq(fulfilment->customer_id, "CUST-1");
        ck_assert_int_eq(fulfilment->version, 2);
        ck_assert(!fulfilment->is_cancelled);
        ck_assert_int_eq(fulfilment->shipments[0].status, SHIPMENT_SHIPPED);
        ck_assert_int_eq(shipping_overall_status(fulfilment), SHIPMENT_CREATED);
        ck_assert_uint_eq(fulfilment->shipments[1].n_items, 1);
        ck_assert_str_eq(fulfilment->shipments[1].items[0].sku, "SKU-2");
}

/* ---- lists ---- */

static ShipmentPage list(ShipmentQuery query) {
        ShipmentPage page;

        ck_assert_ok(shipping_list_shipments(&f->fulfilments, &admin, query, &page));
        return page;
}

TEST(shipments_are_listed_by_order_seller_and_status) {
        fixture_confirm(f, "ORD-2");
        ck_assert_ok(ship(first, "1Z999"));
        ck_assert_uint_eq(list((ShipmentQuery) { "", "" }).n_shipments, 4);
        ck_assert_uint_eq(list((ShipmentQuery) { "ORD-1", "" }).n_shipments, 2);
        ck_assert_uint_eq(list((ShipmentQuery) { "", "SELLER-2" }).n_shipments, 2);
        ShipmentPage page = list((ShipmentQuery) { "ORD-2", "SELLER-2" });
        ck_assert_uint_eq(page.n_shipments, 1);
        ck_assert_str_eq(page.shipments[0].order.order_id, "ORD-2");
        ck_assert_str_eq(page.shipments[0].seller_id, "SELLER-2");
        page = list((ShipmentQuery) { "", "", SHIPMENT_SHIPPED });
        ck_assert_uint_eq(page.n_shipments, 1);
        ck_assert_str_eq(page.shipments[0].shipment_id, first);
        ck_assert_uint_eq(list((ShipmentQuery) { "", "SELLER-1", SHIPMENT_CREATED }).n_shipments, 1);
        ck_assert_uint_eq(list((ShipmentQuery) { "ORD-1", "", SHIPMENT_CREATED }).n_shipments, 1);
        ck_assert_uint_eq(list((ShipmentQuery) { "ORD-1", "", SHIPMENT_DELIVERED }).n_shipments, 0);
        ck_assert_uint_eq(list((ShipmentQuery) { "ORD-9", "" }).n_shipments, 0);
}

/* The shipments of an order have one time: their ids say which comes first. */
TEST(pages_show_every_shipment_once_newest_first) {
        static const char *const sellers[] = { "", "SELLER-1" };

        for (int i = 0; i < 5; i++)
                fixture_confirm(f, arena_printf(admin.arena, "ORD-P%d", i));
        for (size_t k = 0; k < 2; k++) {
                ShipmentQuery query = { .order_id = "", .seller_id = sellers[k], .limit = 3 };
                ShipmentPosition after, last = { INT64_MAX, "" };
                ShipmentPage page;
                size_t n = 0;

                do {
                        page = list(query);
                        for (size_t i = 0; i < page.n_shipments; i++, n++) {
                                const Shipment *at = &page.shipments[i];

                                ck_assert(at->created_at_us < last.created_at_us ||
                                          (at->created_at_us == last.created_at_us &&
                                           strcmp(at->shipment_id, last.shipment_id) < 0));
                                last = (ShipmentPosition) { at->created_at_us, at->shipment_id };
                        }
                        after = last;
                        query.after = &after;
                } while (page.has_more);
                ck_assert_uint_eq(n, k == 0 ? 12 : 6);
        }
}

int main(void) {
        Suite *suite = suite_create("shipping/shipments");
        TCase *tests = tcase_create("shipments");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
