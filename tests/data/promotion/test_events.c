#include "data/usage_repo.h"
#include "events/v1/order.rpc.h"
#include "fixture.h"
#include "server/order_events.h"

static Fixture *f;

/* Two orders that hold one of ten uses each. */
static void set_up(void) {
        f = fixture_new();
        fixture_campaign(f, "CMP-A", 10, 0, 0);
        ck_assert_ok(fixture_hold(f, "ORD-1", "CMP-A", 1));
        ck_assert_ok(fixture_hold(f, "ORD-2", "CMP-A", 1));
}

static Event event(const char *order_id, int64_t version, const char *type) {
        return (Event) { .type = type, .aggregate_id = order_id, .version = version };
}

static const Error *try_to_apply(const Event *events, size_t n) {
        PgBatch *batch = pg_batch_new(f->pool, test_ctx());

        TRY(promotion_order_events.apply(promotion_order_events.self, batch, events, n));
        return pg_batch_run(batch);
}

static void apply(const Event *events, size_t n) {
        ck_assert_ok(try_to_apply(events, n));
}

TEST(the_payload_says_whose_event_it_is) {
        EventsV1OrderEvent *message = events_v1_order_event_new(test_ctx()->arena);

        ck_assert_str_eq(promotion_order_events.aggregate_id_of(&message->base), "");
        message->data = events_v1_order_event_data_new(test_ctx()->arena);
        message->data->order_id = "ORD-1";
        ck_assert_str_eq(promotion_order_events.aggregate_id_of(&message->base), "ORD-1");
}

TEST(moves_the_uses_of_many_orders_in_one_batch) {
        const Event events[] = {
                event("ORD-1", 1, "order.created"),
                event("ORD-2", 1, "order.created"),
                event("ORD-1", 2, "order.confirmed"),
                event("ORD-2", 2, "order.payment_failed"),
        };

        apply(events, 4);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "COMMITTED");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "RELEASED");
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/1");
        fixture_assert_books(f);
}

TEST(a_confirmed_order_that_is_cancelled_gives_its_use_back) {
        const Event confirmed = event("ORD-1", 2, "order.confirmed");
        const Event cancelled = event("ORD-1", 3, "order.cancelled");

        apply(&confirmed, 1);
        apply(&cancelled, 1);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/1");
        fixture_assert_books(f);
}

TEST(an_order_confirmed_and_cancelled_in_one_batch_ends_released) {
        const Event events[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed"),
                                 event("ORD-1", 3, "order.cancelled") };

        apply(events, 3);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        fixture_assert_books(f);
}

TEST(an_order_that_ends_before_its_hold_comes_keeps_it_out) {
        const Event failed = event("ORD-3", 1, "order.failed");

        apply(&failed, 1);
        ck_assert_reason(fixture_hold(f, "ORD-3", "CMP-A", 1), REASON_USAGE_CLOSED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "2/2");
}

TEST(events_that_mean_nothing_to_uses_leave_them_alone) {
        const Event events[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.shipped") };

        apply(events, 2);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "HELD");
}

TEST(an_event_that_cannot_give_back_fails_for_good_and_gives_nothing_back) {
        const Event events[] = { event("ORD-1", 1, "order.cancelled"), event("ORD-2", 1, "order.cancelled") };

        test_sql(f->dsn, "UPDATE campaigns SET uses = 1");
        ck_assert(error_is_final(try_to_apply(events, 2)));
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "HELD");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "HELD");
        apply(events, 1);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
}

int main(void) {
        Suite *suite = suite_create("promotion/events");
        TCase *tests = tcase_create("events");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
