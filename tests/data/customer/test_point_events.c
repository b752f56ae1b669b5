/* What events of orders do to points. */
#include "events/v1/order.rpc.h"
#include "points_fixture.h"
#include "server/order_events.h"

static PointsFixture *f;

static void set_up(void) {
        f = points_fixture_new();
        points_fixture_earn(f, "ORD-0", 1250, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 500));
}

static Event event(const char *order_id, int64_t version, const char *type, int64_t earned) {
        EventsV1OrderEvent *message = events_v1_order_event_new(test_ctx()->arena);

        message->data = events_v1_order_event_data_new(test_ctx()->arena);
        message->data->order_id = order_id;
        message->data->customer_id = f->customer_id;
        message->data->loyalty = events_v1_order_event_loyalty_new(test_ctx()->arena);
        message->data->loyalty->points_earned = earned;
        return (Event) { .type = type, .aggregate_id = order_id, .version = version,
                         .message = &message->base };
}

static void apply(const Event *events, size_t n) {
        PgBatch *batch = pg_batch_new(f->accounts->pool, test_ctx());

        ck_assert_ok(customer_order_events.apply(customer_order_events.self, batch, events, n));
        ck_assert_ok(pg_batch_run(batch));
}

TEST(the_payload_says_whose_event_it_is) {
        const Event of_order = event("ORD-1", 1, "order.created", 0);
        EventsV1OrderEvent *empty = events_v1_order_event_new(test_ctx()->arena);

        ck_assert_str_eq(customer_order_events.aggregate_id_of(of_order.message), "ORD-1");
        ck_assert_str_eq(customer_order_events.aggregate_id_of(&empty->base), "");
}

TEST(a_confirmed_order_uses_what_it_held_and_earns) {
        const Event events[] = { event("ORD-1", 1, "order.created", 471),
                                 event("ORD-1", 2, "order.confirmed", 471) };

        apply(events, 2);
        ck_assert_int_eq(points_fixture_balance(f), 1221);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 1250 USED -500 EARNED 471");
        apply(events, 2); /* a batch that was not known to be committed */
        ck_assert_int_eq(points_fixture_balance(f), 1221);
        points_fixture_assert_books(f);
}

TEST(what_the_order_service_counted_is_counted_once) {
        const Event confirmed = event("ORD-1", 2, "order.confirmed", 471);

        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-1"), POINTS_COMMITTED);
        points_fixture_earn(f, "ORD-1", 471, 300);
        apply(&confirmed, 1);
        ck_assert_int_eq(points_fixture_balance(f), 1221);
        points_fixture_assert_books(f);
}

TEST(a_cancelled_order_gives_back_what_it_used_and_loses_what_it_earned) {
        const Event confirmed = event("ORD-1", 2, "order.confirmed", 471);
        const Event cancelled = event("ORD-1", 3, "order.cancelled", 471);

        apply(&confirmed, 1);
        apply(&cancelled, 1);
        ck_assert_int_eq(points_fixture_balance(f), 1250);
        ck_assert_str_eq(points_fixture_entries(f),
                         "EARNED 1250 USED -500 EARNED 471 RETURNED 500 REVOKED -471");
        points_fixture_assert_books(f);
}

TEST(an_order_confirmed_and_failed_in_one_batch_leaves_nothing) {
        const Event events[] = { event("ORD-1", 2, "order.confirmed", 471),
                                 event("ORD-1", 3, "order.failed", 471) };

        apply(events, 2);
        ck_assert_int_eq(points_fixture_balance(f), 1250);
        ck_assert_reason(points_fixture_hold(f, "ORD-1", 500), REASON_POINTS_CLOSED);
        points_fixture_assert_books(f);
}

TEST(an_order_that_ends_before_its_hold_comes_keeps_it_out) {
        const Event failed = event("ORD-2", 2, "order.payment_failed", 0);

        apply(&failed, 1);
        ck_assert_reason(points_fixture_hold(f, "ORD-2", 1), REASON_POINTS_CLOSED);
        points_fixture_assert_books(f);
}

TEST(many_orders_of_one_customer_come_in_one_batch) {
        const Event events[] = {
                event("ORD-2", 2, "order.confirmed", 10), event("ORD-3", 2, "order.confirmed", 20),
                event("ORD-1", 2, "order.cancelled", 0),  event("ORD-4", 2, "order.confirmed", 0),
        };

        apply(events, 4);
        ck_assert_int_eq(points_fixture_balance(f), 1280);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM point_lots WHERE earned > 0"), 3);
        points_fixture_assert_books(f);
}

TEST(an_event_without_points_earns_none_and_others_mean_nothing) {
        Event confirmed = event("ORD-2", 2, "order.confirmed", 10);
        const Event created = event("ORD-1", 1, "order.created", 471);

        ((EventsV1OrderEvent *) confirmed.message)->data->loyalty = NULL;
        apply(&confirmed, 1);
        apply(&created, 1);
        ck_assert_int_eq(points_fixture_balance(f), 750);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 1250");
        points_fixture_assert_books(f);
}

int main(void) {
        Suite *suite = suite_create("customer/point_events");
        TCase *tests = tcase_create("point_events");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
