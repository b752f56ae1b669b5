#include "fixture.h"
#include "pg/inbox.h"
#include "race.h"

static Fixture *f;

/* Two orders that hold 1 of 10 each. */
static void set_up(void) {
        f = fixture_new();
        fixture_receive(f, "SKU-A", 10);
        ck_assert_ok(fixture_reserve(f, "ORD-1", "SKU-A", 1));
        ck_assert_ok(fixture_reserve(f, "ORD-2", "SKU-A", 1));
}

static InventoryEvent event(const char *order_id, int64_t version, const char *event_type) {
        return (InventoryEvent) { .order_id = order_id,
                                  .version = version,
                                  .previous_version = version - 1,
                                  .event_type = event_type };
}

static void apply(InventoryEvent *events, size_t n_events) {
        ck_assert_ok(inventory_apply_events(&f->inventory, test_ctx(), events, n_events));
}

static const char *versions(void) {
        return test_sql_text(f->dsn, "SELECT coalesce(string_agg(aggregate_id || ':' || version, ' '"
                                     "                           ORDER BY aggregate_id), '')"
                                     "  FROM inbox WHERE consumer = 'warehouse'");
}

START_TEST(applies_events_of_many_orders_in_one_batch) {
        InventoryEvent events[] = {
                event("ORD-1", 1, "order.created"),
                event("ORD-2", 1, "order.created"),
                event("ORD-1", 2, "order.confirmed"),
                event("ORD-2", 2, "order.payment_failed"),
        };

        apply(events, 4);
        for (size_t i = 0; i < 4; i++)
                ck_assert_int_eq(events[i].verdict, EVENT_APPLIED);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "RELEASED");
        ck_assert_str_eq(versions(), "ORD-1:2 ORD-2:2");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 9);
        fixture_assert_books(f);
}
END_TEST

START_TEST(applies_an_event_once_however_often_it_comes) {
        InventoryEvent first[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed") };
        InventoryEvent again[] = { event("ORD-1", 2, "order.confirmed"), event("ORD-1", 3, "order.cancelled"),
                                   event("ORD-1", 3, "order.cancelled") };

        apply(first, 2);
        apply(again, 3);
        ck_assert_int_eq(again[0].verdict, EVENT_DUPLICATE);
        ck_assert_int_eq(again[1].verdict, EVENT_APPLIED);
        ck_assert_int_eq(again[2].verdict, EVENT_DUPLICATE);
        apply(again, 3);
        ck_assert_int_eq(again[1].verdict, EVENT_DUPLICATE);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT on_hand FROM stock"), 10);
        fixture_assert_books(f);
}
END_TEST

START_TEST(leaves_an_event_that_came_too_early) {
        InventoryEvent events[] = { event("ORD-1", 2, "order.confirmed"),
                                    event("ORD-2", 1, "order.created") };

        apply(events, 2);
        ck_assert_int_eq(events[0].verdict, EVENT_EARLY);
        ck_assert_int_eq(events[1].verdict, EVENT_APPLIED);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
        ck_assert_str_eq(versions(), "ORD-2:1");
}
END_TEST

START_TEST(an_order_confirmed_and_cancelled_in_one_batch_ends_released) {
        InventoryEvent events[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed"),
                                    event("ORD-1", 3, "order.cancelled") };

        apply(events, 3);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 9);
        fixture_assert_books(f);
}
END_TEST

START_TEST(remembers_events_that_mean_nothing_to_stock) {
        InventoryEvent events[] = { event("ORD-9", 1, "order.created"), event("ORD-9", 2, "order.shipped") };

        apply(events, 2);
        ck_assert_str_eq(versions(), "ORD-9:2");
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
}
END_TEST

static PoisonEvent poison(const char *order_id, int64_t version) {
        return (PoisonEvent) {
                .message_id = "event-1",
                .subject = "events.order.confirmed",
                .payload = "{\"a\0b\xff",
                .payload_bytes = 7,
                .problem = "not JSON",
                .order_id = order_id,
                .version = version,
                .previous_version = version - 1,
        };
}

static EventVerdict park(PoisonEvent event) {
        EventVerdict verdict;

        ck_assert_ok(inventory_park_event(&f->inventory, test_ctx(), &event, &verdict));
        return verdict;
}

START_TEST(keeps_a_poison_event_byte_by_byte) {
        ck_assert_int_eq(park(poison(NULL, 0)), EVENT_APPLIED);
        ck_assert_int_eq(park(poison(NULL, 0)), EVENT_APPLIED);
        ck_assert_str_eq(
                test_sql_text(f->dsn, "SELECT encode(payload, 'hex') || ' ' || reason FROM inbox_dead"),
                "7b22610062ff00 not JSON");
        ck_assert_str_eq(versions(), "");
}
END_TEST

START_TEST(later_events_of_the_order_flow_past_a_poison_one) {
        InventoryEvent next = event("ORD-1", 2, "order.confirmed");

        ck_assert_int_eq(park(poison("ORD-1", 1)), EVENT_APPLIED);
        apply(&next, 1);
        ck_assert_int_eq(next.verdict, EVENT_APPLIED);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
        ck_assert_int_eq(park(poison("ORD-1", 1)), EVENT_DUPLICATE);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM inbox_dead"), 1);
}
END_TEST

START_TEST(a_poison_event_waits_for_the_one_before_it) {
        ck_assert_int_eq(park(poison("ORD-1", 2)), EVENT_EARLY);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM inbox_dead"), 0);
        ck_assert_str_eq(versions(), "");
}
END_TEST

/* Every consumer gets every event of both orders; one of them applies each. */
static void consume(Ctx *ctx, void *arg, size_t i) {
        InventoryEvent events[] = {
                event("ORD-1", 1, "order.created"),   event("ORD-2", 1, "order.created"),
                event("ORD-1", 2, "order.confirmed"), event("ORD-2", 2, "order.confirmed"),
                event("ORD-1", 3, "order.cancelled"), event("ORD-2", 3, "order.cancelled"),
        };
        const Error *error;

        (void) arg;
        (void) i;
        do
                error = inventory_apply_events(&f->inventory, ctx, events, 6);
        while (error_is(error, INNER_INBOX_MOVED));
        ck_assert_ok(error);
}

START_TEST(many_consumers_of_the_same_events_apply_each_once) {
        race_run(16, consume, NULL);
        ck_assert_str_eq(versions(), "ORD-1:3 ORD-2:3");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM stock_ledger WHERE kind = 'returned'"),
                         2);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 10);
        fixture_assert_books(f);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("warehouse/events");
        TCase *tests = tcase_create("events");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        tcase_add_test(tests, applies_events_of_many_orders_in_one_batch);
        tcase_add_test(tests, applies_an_event_once_however_often_it_comes);
        tcase_add_test(tests, leaves_an_event_that_came_too_early);
        tcase_add_test(tests, an_order_confirmed_and_cancelled_in_one_batch_ends_released);
        tcase_add_test(tests, remembers_events_that_mean_nothing_to_stock);
        tcase_add_test(tests, keeps_a_poison_event_byte_by_byte);
        tcase_add_test(tests, later_events_of_the_order_flow_past_a_poison_one);
        tcase_add_test(tests, a_poison_event_waits_for_the_one_before_it);
        tcase_add_test(tests, many_consumers_of_the_same_events_apply_each_once);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
