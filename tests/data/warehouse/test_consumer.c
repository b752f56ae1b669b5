#include <string.h>

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

static BusDelivery raw(const char *message_id, const char *payload) {
        return (BusDelivery) {
                .subject = "events.order.test",
                .message_id = message_id,
                .payload = payload,
                .payload_bytes = strlen(payload),
                .n_delivered = 1,
                .sequence = 7,
        };
}

static BusDelivery event(const char *order_id, int version, const char *type) {
        Arena *arena = test_ctx()->arena;
        BusDelivery delivery = raw(
                arena_printf(arena, "%s-%d", order_id, version),
                arena_printf(arena,
                             "{\"eventId\":\"e\",\"eventType\":\"%s\",\"timestamp\":\"2024-08-10T14:30:00Z\","
                             "\"source\":\"order-service\",\"addedLater\":{\"a\":[1]},"
                             "\"data\":{\"orderId\":\"%s\",\"version\":%d,\"status\":\"X\","
                             "\"items\":[{\"sku\":\"SKU-A\",\"quantity\":1,\"unitPrice\":249.99}],"
                             "\"totals\":{\"total\":613.79,\"currency\":\"USD\"}}}",
                             type, order_id, version));

        delivery.aggregate_id = order_id;
        delivery.aggregate_version = version;
        delivery.previous_version = version - 1;
        return delivery;
}

static void handle(BusDelivery *deliveries, size_t n) {
        warehouse_order_events_handle(&f->inventory, test_ctx(), deliveries, n);
}

static int64_t count_dead(void) {
        return test_sql_int64(f->dsn, "SELECT count(*) FROM inbox_dead WHERE consumer = 'warehouse'");
}

START_TEST(acknowledges_what_is_applied_and_what_was) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed"),
                                     event("ORD-1", 2, "order.confirmed") };

        handle(deliveries, 3);
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(deliveries[i].verdict, BUS_ACK);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
        fixture_assert_books(f);
}
END_TEST

START_TEST(says_which_event_is_early) {
        BusDelivery early = event("ORD-1", 2, "order.confirmed");

        handle(&early, 1);
        ck_assert_int_eq(early.verdict, BUS_EARLY);
        early.n_delivered = 1000;
        handle(&early, 1);
        ck_assert_int_eq(early.verdict, BUS_EARLY);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
}
END_TEST

START_TEST(an_event_before_which_none_can_come_is_applied) {
        BusDelivery first = event("ORD-1", 2, "order.confirmed");

        first.previous_version = 0;
        handle(&first, 1);
        ck_assert_int_eq(first.verdict, BUS_ACK);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
}
END_TEST

START_TEST(an_orphan_is_parked_and_those_after_it_flow_past) {
        BusDelivery deliveries[] = { event("ORD-1", 5, "order.shipped"),
                                     event("ORD-1", 6, "order.cancelled") };

        deliveries[0].is_orphan = true;
        handle(deliveries, 1);
        ck_assert_int_eq(deliveries[0].verdict, BUS_PARK);
        handle(&deliveries[1], 1);
        ck_assert_int_eq(deliveries[1].verdict, BUS_ACK);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT reason FROM inbox_dead"),
                         "The event before it never came");
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
}
END_TEST

START_TEST(parks_poison_while_everything_else_flows) {
        BusDelivery deliveries[] = {
                raw("malformed", "{\"eventType\":"),
                event("ORD-1", 1, "order.created"),
                raw("bytes", "\xff\xfe"),
                raw("no-data", "{\"eventType\":\"order.confirmed\"}"),
                raw("no-version", "{\"eventType\":\"order.confirmed\",\"data\":{\"orderId\":\"ORD-1\"}}"),
                raw("bad-type",
                    "{\"eventType\":\"order.confirmed\",\"data\":{\"orderId\":\"ORD-1\",\"version\":\"x\"}}"),
                raw("no-type", "{\"data\":{\"orderId\":\"ORD-1\",\"version\":2}}"),
                event("ORD-1", 2, "order.confirmed"),
        };

        handle(deliveries, 8);
        for (size_t i = 0; i < 8; i++)
                ck_assert_int_eq(deliveries[i].verdict, i == 1 || i == 7 ? BUS_ACK : BUS_PARK);
        ck_assert_int_eq(count_dead(), 6);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
        fixture_assert_books(f);
}
END_TEST

START_TEST(an_event_of_another_order_than_its_header_says_is_poison) {
        BusDelivery forged = event("ORD-1", 1, "order.cancelled");

        forged.aggregate_id = "ORD-2";
        handle(&forged, 1);
        ck_assert_int_eq(forged.verdict, BUS_PARK);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "ACTIVE");
}
END_TEST

START_TEST(parks_poison_without_any_header_that_is_text) {
        BusDelivery poison = raw("\xff", "no json");

        poison.aggregate_id = "\xfe";
        poison.aggregate_version = 1;
        handle(&poison, 1);
        ck_assert_int_eq(poison.verdict, BUS_PARK);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT event_id FROM inbox_dead"), "sequence-7");
}
END_TEST

START_TEST(later_events_of_the_order_flow_past_its_poison_one) {
        BusDelivery poison = event("ORD-1", 1, "order.created");
        BusDelivery next = event("ORD-1", 2, "order.confirmed");

        poison.payload = "no json";
        poison.payload_bytes = strlen(poison.payload);
        handle(&poison, 1);
        handle(&next, 1);
        ck_assert_int_eq(poison.verdict, BUS_PARK);
        ck_assert_int_eq(next.verdict, BUS_ACK);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "CONFIRMED");
}
END_TEST

START_TEST(an_event_that_spoils_its_batch_is_retried_alone_and_parked_at_last) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.cancelled"),
                                     event("ORD-2", 1, "order.cancelled") };

        fixture_receive(f, "SKU-B", 1);
        test_sql(f->dsn, "UPDATE reservation_lines SET sku = 'SKU-B'"
                         "  FROM reservations r WHERE r.reservation_id = reservation_lines.reservation_id"
                         "   AND r.order_id = 'ORD-2'");
        handle(deliveries, 2);
        ck_assert_int_eq(deliveries[0].verdict, BUS_ACK);
        ck_assert_int_eq(deliveries[1].verdict, BUS_RETRY);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
        ck_assert_str_eq(fixture_status(f, "ORD-2"), "ACTIVE");
        deliveries[1].n_delivered = ORDER_EVENTS_MAX_DELIVERIES - 1;
        handle(&deliveries[1], 1);
        ck_assert_int_eq(deliveries[1].verdict, BUS_RETRY);
        ck_assert_int_eq(count_dead(), 0);
        deliveries[1].n_delivered = ORDER_EVENTS_MAX_DELIVERIES;
        handle(&deliveries[1], 1);
        ck_assert_int_eq(deliveries[1].verdict, BUS_PARK);
        ck_assert_int_eq(count_dead(), 1);
}
END_TEST

START_TEST(an_event_is_never_parked_for_what_a_person_can_mend_in_the_database) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.cancelled"),
                                     event("ORD-2", 1, "order.cancelled") };

        test_sql(f->dsn, "ALTER TABLE stock RENAME TO stock_that_is_away");
        deliveries[0].n_delivered = deliveries[1].n_delivered = ORDER_EVENTS_MAX_DELIVERIES;
        handle(deliveries, 2);
        ck_assert_int_eq(deliveries[0].verdict, BUS_RETRY);
        ck_assert_int_eq(deliveries[1].verdict, BUS_RETRY);
        ck_assert_int_eq(count_dead(), 0);
        test_sql(f->dsn, "ALTER TABLE stock_that_is_away RENAME TO stock");
        handle(deliveries, 2);
        ck_assert_int_eq(deliveries[0].verdict, BUS_ACK);
        ck_assert_int_eq(deliveries[1].verdict, BUS_ACK);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "RELEASED");
}
END_TEST

START_TEST(keeps_everything_for_later_while_the_database_does_not_answer) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.cancelled"), raw("malformed", "{"),
                                     event("ORD-2", 1, "order.cancelled") };
        Ctx *ctx = test_ctx();

        ctx_limit(ctx, 0);
        warehouse_order_events_handle(&f->inventory, ctx, deliveries, 3);
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(deliveries[i].verdict, BUS_RETRY);
        ck_assert_int_eq(count_dead(), 0);
        ck_assert_str_eq(fixture_status(f, "ORD-1"), "ACTIVE");
}
END_TEST

int main(void) {
        Suite *suite = suite_create("warehouse/consumer");
        TCase *tests = tcase_create("consumer");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        tcase_add_test(tests, acknowledges_what_is_applied_and_what_was);
        tcase_add_test(tests, says_which_event_is_early);
        tcase_add_test(tests, an_event_before_which_none_can_come_is_applied);
        tcase_add_test(tests, an_orphan_is_parked_and_those_after_it_flow_past);
        tcase_add_test(tests, parks_poison_while_everything_else_flows);
        tcase_add_test(tests, an_event_of_another_order_than_its_header_says_is_poison);
        tcase_add_test(tests, parks_poison_without_any_header_that_is_text);
        tcase_add_test(tests, later_events_of_the_order_flow_past_its_poison_one);
        tcase_add_test(tests, an_event_that_spoils_its_batch_is_retried_alone_and_parked_at_last);
        tcase_add_test(tests, an_event_is_never_parked_for_what_a_person_can_mend_in_the_database);
        tcase_add_test(tests, keeps_everything_for_later_while_the_database_does_not_answer);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
