#include "consumer_fixture.h"

TEST(parks_poison_while_everything_else_flows) {
        const BusDelivery created = event("ORD-1", 1, "order.created");
        BusDelivery deliveries[] = {
                with_payload(event("ORD-2", 1, "order.created"), "{\"eventType\":"),
                created,
                with_payload(event("ORD-3", 1, "order.created"), "\xff\xfe"),
                with_payload(event("ORD-4", 1, "order.created"), "{\"data\":{\"version\":\"x\"}}"),
                event("ORD-1", 2, "order.confirmed"),
        };

        handle(deliveries, 5);
        for (size_t i = 0; i < 5; i++)
                ck_assert_int_eq(deliveries[i].verdict, i == 1 || i == 4 ? BUS_ACK : BUS_PARK);
        ck_assert_int_eq(count_dead(), 3);
        ck_assert_int_eq(counted("parked"), 3);
        ck_assert_int_eq(counted("applied"), 2);
        ck_assert_int_eq(count_effects(), 2);
}

/* The delivery is parked for this reason, and has no effect. */
static void assert_refused(BusDelivery delivery, const char *reason) {
        test_sql(dsn, "DELETE FROM inbox_dead");
        ck_assert_int_eq(verdict_of(delivery), BUS_PARK);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT reason FROM inbox_dead"), reason);
        ck_assert_int_eq(count_effects(), 0);
}

TEST(what_lacks_a_header_is_poison) {
        BusDelivery delivery = event("ORD-1", 1, "order.created");

        delivery.event_type = NULL;
        assert_refused(delivery, "The event has no type");
        delivery = event("ORD-2", 1, "order.created");
        delivery.event_type = "\xff";
        assert_refused(delivery, "The event has no type");
        assert_refused(event("ORD-1", 0, "order.created"), "The event has no aggregate, or no version");
        assert_refused(event("", 1, "order.created"), "The event has no aggregate, or no version");
        delivery = event("ORD-1", 1, "order.created");
        delivery.aggregate_id = NULL;
        assert_refused(delivery, "The event has no aggregate, or no version");
}

TEST(what_contradicts_itself_is_poison) {
        BusDelivery delivery = event("ORD-1", 1, "order.created");

        delivery.event_type = "order.confirmed";
        assert_refused(delivery, "The event is of another type than its subject says");
        delivery = event("ORD-2", 1, "order.created");
        delivery.previous_version = 1;
        assert_refused(delivery, "The event names a later one as the one before it");
        delivery = event("ORD-3", 1, "order.created");
        delivery.aggregate_id = "ORD-4";
        assert_refused(delivery, "The event is of another aggregate than its header says");
        assert_refused(with_payload(event("ORD-5", 1, "order.created"), "{}"),
                       "The event is of another aggregate than its header says");
        assert_refused(event("ORD-6", 1, "orders.created"),
                       "The event is of another type than its subject says");
}

TEST(parks_poison_without_any_header_that_is_text) {
        BusDelivery poison = with_payload(event("\xfe", 1, "\xfd"), "no json");

        poison.message_id = "\xff";
        ck_assert_int_eq(verdict_of(poison), BUS_PARK);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT event_id || subject FROM inbox_dead"), "sequence-7");
        ck_assert_str_eq(versions(), "");
}

static const char *id_of_bytes(size_t n_bytes) {
        char *id = arena_alloc(test_ctx()->arena, n_bytes + 1);

        /* what differs from byte to byte is not packed into fewer by an index */
        for (size_t i = 0; i < n_bytes; i++)
                id[i] = (char) ('A' + i * i * 7 % 26);
        id[n_bytes] = '\0';
        return id;
}

/* A key of the inbox that an index cannot hold would come back without end. */
TEST(a_header_that_is_too_long_counts_as_none) {
        ck_assert_int_eq(verdict_of(event(id_of_bytes(EVENT_MAX_HEADER_BYTES), 1, "order.created")), BUS_ACK);
        ck_assert_int_eq(verdict_of(event(id_of_bytes(EVENT_MAX_HEADER_BYTES + 1), 1, "order.created")),
                         BUS_PARK);
        ck_assert_int_eq(verdict_of(event(id_of_bytes(100000), 1, "order.created")), BUS_PARK);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT string_agg(event_id || reason, '') FROM inbox_dead"),
                         "sequence-7The event has no aggregate, or no version");
        ck_assert_int_eq(count_effects(), 1);
}

TEST(what_cannot_be_parked_comes_again) {
        test_sql(dsn, "ALTER TABLE inbox_dead RENAME TO inbox_away");
        ck_assert_int_eq(verdict_of(with_payload(event("ORD-1", 1, "order.created"), "no json")), BUS_RETRY);
        test_sql(dsn, "ALTER TABLE inbox_away RENAME TO inbox_dead");
        ck_assert_int_eq(verdict_of(with_payload(event("ORD-1", 1, "order.created"), "no json")), BUS_PARK);
}

TEST(later_events_of_the_aggregate_flow_past_its_poison_one) {
        ck_assert_int_eq(verdict_of(with_payload(event("ORD-1", 1, "order.created"), "no json")), BUS_PARK);
        ck_assert_int_eq(verdict_of(event("ORD-1", 2, "order.confirmed")), BUS_ACK);
        ck_assert_int_eq(verdict_of(with_payload(event("ORD-1", 1, "order.created"), "no json")), BUS_ACK);
        ck_assert_int_eq(verdict_of(with_payload(event("ORD-1", 4, "order.shipped"), "no json")), BUS_EARLY);
        ck_assert_int_eq(count_dead(), 1);
        ck_assert_str_eq(versions(), "ORD-1:2");
}

TEST(an_orphan_is_parked_and_those_after_it_flow_past) {
        BusDelivery orphan = event("ORD-1", 5, "order.shipped");

        orphan.is_orphan = true;
        ck_assert_int_eq(verdict_of(orphan), BUS_PARK);
        ck_assert_int_eq(verdict_of(event("ORD-1", 6, "order.cancelled")), BUS_ACK);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT reason FROM inbox_dead"),
                         "The event before it never came");
        ck_assert_int_eq(count_effects(), 1);
}

TEST(an_event_that_only_seems_an_orphan_is_applied) {
        BusDelivery late = event("ORD-1", 1, "order.created");

        late.is_orphan = true;
        ck_assert_int_eq(verdict_of(late), BUS_ACK);
        ck_assert_int_eq(count_effects(), 1);
}

TEST(an_event_that_spoils_its_batch_is_retried_alone_and_parked_at_last) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"),
                                     event("ORD-2", 1, "order.impossible") };

        handle(deliveries, 2);
        ck_assert_int_eq(deliveries[0].verdict, BUS_ACK);
        ck_assert_int_eq(deliveries[1].verdict, BUS_RETRY);
        ck_assert_int_eq(counted("retried"), 1);
        ck_assert_str_eq(versions(), "ORD-1:1");
        deliveries[1].n_delivered = EVENT_MAX_DELIVERIES - 1;
        ck_assert_int_eq(verdict_of(deliveries[1]), BUS_RETRY);
        ck_assert_int_eq(count_dead(), 0);
        deliveries[1].n_delivered = EVENT_MAX_DELIVERIES;
        ck_assert_int_eq(verdict_of(deliveries[1]), BUS_PARK);
        ck_assert_int_eq(count_dead(), 1);
        ck_assert_str_eq(versions(), "ORD-1:1 ORD-2:1");
}

TEST(an_event_is_never_parked_for_what_a_person_can_mend_in_the_database) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"), event("ORD-2", 1, "order.created") };

        test_sql(dsn, "ALTER TABLE effects RENAME TO effects_that_are_away");
        deliveries[0].n_delivered = deliveries[1].n_delivered = EVENT_MAX_DELIVERIES;
        handle(deliveries, 2);
        ck_assert_int_eq(deliveries[0].verdict, BUS_RETRY);
        ck_assert_int_eq(deliveries[1].verdict, BUS_RETRY);
        ck_assert_int_eq(count_dead(), 0);
        test_sql(dsn, "ALTER TABLE effects_that_are_away RENAME TO effects");
        handle(deliveries, 2);
        ck_assert_int_eq(deliveries[0].verdict, BUS_ACK);
        ck_assert_int_eq(deliveries[1].verdict, BUS_ACK);
        ck_assert_int_eq(count_effects(), 2);
}

static const Error *refuse(void *self, PgBatch *batch, const Event *events, size_t n) {
        TRY(add_effects(self, batch, events, n));
        return self;
}

TEST(what_the_service_refuses_for_good_is_parked_and_nothing_of_it_stays) {
        Error *error = error_internal(test_ctx()->arena, NULL, "this can never be");
        BusDelivery delivery = event("ORD-1", 1, "order.created");

        error->is_final = true;
        EventConsumer *consumer = consumer_that(refuse, error);
        handle_in(test_ctx(), consumer, &delivery, 1);
        ck_assert_int_eq(delivery.verdict, BUS_RETRY);
        delivery.n_delivered = EVENT_MAX_DELIVERIES;
        handle_in(test_ctx(), consumer, &delivery, 1);
        ck_assert_int_eq(delivery.verdict, BUS_PARK);
        ck_assert_ptr_nonnull(
                strstr(test_sql_text(dsn, "SELECT reason FROM inbox_dead"), "this can never be"));
        ck_assert_int_eq(count_effects(), 0);
}

TEST(keeps_everything_for_later_while_the_database_does_not_answer) {
        BusDelivery deliveries[] = { event("ORD-1", 1, "order.created"),
                                     with_payload(event("ORD-2", 1, "order.created"), "{"),
                                     event("ORD-3", 1, "order.created") };
        Ctx *ctx = test_ctx();

        ctx_limit(ctx, 0);
        handle_in(ctx, shipping, deliveries, 3);
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(deliveries[i].verdict, BUS_RETRY);
        ck_assert_int_eq(count_dead(), 0);
        ck_assert_int_eq(count_effects(), 0);
}

int main(void) {
        Suite *suite = suite_create("events/poison");
        TCase *tests = tcase_create("poison");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
