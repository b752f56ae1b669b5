#include "data/inventory_repo.h"
#include "events/v1/order.rpc.h"
#include "fixture.h"
#include "server/order_events.h"

static Fixture *f;

/* Two orders that hold 1 of 10 each. */
static void set_up(void) {
        f = fixture_new();
        fixture_receive(f, "SKU-A", 10);
        ck_assert_ok(fixture_reserve(f, "ORD-1", "SKU-A", 1));
        ck_assert_ok(fixture_reserve(f, "ORD-2", "SKU-A", 1));
}

static Event event(const char *order_id, int64_t version, const char *type) {
        return (Event) { .type = type, .aggregate_id = order_id, .version = version };
}

static const Error *try_to_apply(const Event *events, size_t n) {
        PgBatch *batch = pg_batch_new(f->pool, test_ctx());

        TRY(warehouse_order_events.apply(warehouse_order_events.self, batch, events, n));
        return pg_batch_run(batch);
}

static void apply(const Event *events, size_t n) {
        ck_assert_ok(try_to_apply(events, n));
}

TEST(the_payload_says_whose_event_it_is) {
        EventsV1OrderEvent *message = events_v1_order_event_new(test_ctx()->arena);

        ck_assert_str_eq(warehouse_order_events.aggregate_id_of(&message->base), "");
        message->data = events_v1_order_event_data_new(test_ctx()->arena);
        message->data->order_id = "ORD-1";
        ck_assert_str_eq(warehouse_order_events.aggregate_id_of(&message->base), "ORD-1");
}

TEST(moves_the_stock_of_many_orders_in_one_batch) {
        const Event events[] = {
                event("ORD-1", 1, "order.created"),
                event("ORD-2", 1, "order.created"),
                event("ORD-1", 2, "order.confirmed"),
                event("ORD-2", 2, "order.payment_failed"),
        };

        apply(events, 4);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "RELEASED");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 9);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM stock_ledger WHERE actor = 'warehouse'"
                                                "   AND kind IN ('sold', 'released')"),
                         2);
        fixture_assert_books(f);
}

TEST(a_confirmed_order_that_is_cancelled_gives_its_stock_back) {
        const Event confirmed = event("ORD-1", 2, "order.confirmed");
        const Event cancelled = event("ORD-1", 3, "order.cancelled");

        apply(&confirmed, 1);
        apply(&cancelled, 1);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT on_hand FROM stock"), 10);
        fixture_assert_books(f);
}

TEST(an_order_confirmed_and_cancelled_in_one_batch_ends_released) {
        const Event events[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed"),
                                 event("ORD-1", 3, "order.cancelled") };

        apply(events, 3);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 9);
        fixture_assert_books(f);
}

TEST(an_order_that_ends_before_its_hold_comes_keeps_it_out) {
        const Event failed = event("ORD-3", 1, "order.failed");

        apply(&failed, 1);
        ck_assert_reason(fixture_reserve(f, "ORD-3", "SKU-A", 1), REASON_HOLD_CLOSED);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 8);
}

TEST(events_that_mean_nothing_to_stock_leave_it_alone) {
        const Event events[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.shipped") };

        apply(events, 2);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 8);
}

TEST(an_event_that_cannot_move_the_stock_fails_for_good_and_moves_nothing) {
        const Event events[] = { event("ORD-1", 1, "order.cancelled"), event("ORD-2", 1, "order.cancelled") };

        fixture_receive(f, "SKU-B", 1);
        test_sql(f->dsn, "UPDATE reservation_lines SET sku = 'SKU-B'"
                         "  FROM reservations r WHERE r.reservation_id = reservation_lines.reservation_id"
                         "   AND r.order_id = 'ORD-2'");
        ck_assert(error_is_final(try_to_apply(events, 2)));
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "ACTIVE");
        apply(events, 1);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
}

int main(void) {
        Suite *suite = suite_create("warehouse/events");
        TCase *tests = tcase_create("events");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
