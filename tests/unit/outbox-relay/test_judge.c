#include "biz/relay/relay.h"
#include "support.h"

static RelayEvent event(int64_t id, const char *aggregate, int64_t version, int64_t retry_count) {
        return (RelayEvent){ .id = id,
                             .aggregate_type = "order",
                             .aggregate_id = aggregate,
                             .aggregate_version = version,
                             .retry_count = retry_count };
}

START_TEST(everything_goes_out_while_nothing_was_refused) {
        RelayEvent events[] = { event(1, "A", 1, 0), event(2, "A", 2, 0), event(3, "B", 1, 0) };

        ck_assert_uint_eq(relay_choose(events, 3), 3);
        ck_assert_uint_eq(relay_choose(events, 0), 0);
}
END_TEST

START_TEST(an_event_that_was_refused_goes_out_alone_of_its_aggregate) {
        RelayEvent events[] = { event(1, "B", 1, 0), event(2, "A", 1, 2), event(3, "A", 2, 0),
                                event(4, "B", 2, 0), event(5, "A", 3, 0) };

        ck_assert_uint_eq(relay_choose(events, 5), 3);
        ck_assert_int_eq(events[0].id, 1);
        ck_assert_int_eq(events[1].id, 2);
        ck_assert_int_eq(events[2].id, 4);
}
END_TEST

START_TEST(aggregates_of_different_types_with_the_same_id_are_different) {
        RelayEvent events[] = { event(1, "A", 1, 1), event(2, "A", 1, 0) };

        events[1].aggregate_type = "payment";
        ck_assert_uint_eq(relay_choose(events, 2), 2);
}
END_TEST

START_TEST(the_pause_doubles_with_each_refusal) {
        ck_assert_int_eq(relay_retry_delay_ms(1), RELAY_FIRST_RETRY_MS);
        ck_assert_int_eq(relay_retry_delay_ms(2), 2 * RELAY_FIRST_RETRY_MS);
        ck_assert_int_eq(relay_retry_delay_ms(3), 4 * RELAY_FIRST_RETRY_MS);
        ck_assert_int_eq(relay_retry_delay_ms(4), 8 * RELAY_FIRST_RETRY_MS);
}
END_TEST

START_TEST(each_outcome_has_its_list_and_the_unknown_has_none) {
        RelayEvent events[] = { event(1, "A", 1, 0), event(2, "B", 1, 0), event(3, "C", 1, 0) };

        events[0].outcome = RELAY_STORED;
        events[0].sequence = 77;
        events[1].outcome = RELAY_REFUSED;
        events[1].problem = "too large";
        RelaySettlement settlement = relay_judge(test_ctx()->arena, events, 3);
        ck_assert_uint_eq(settlement.n_stored, 1);
        ck_assert_int_eq(settlement.stored_ids[0], 1);
        ck_assert_int_eq(settlement.stored_sequences[0], 77);
        ck_assert_uint_eq(settlement.n_retries, 1);
        ck_assert_int_eq(settlement.retry_ids[0], 2);
        ck_assert_int_eq(settlement.retry_delays_ms[0], RELAY_FIRST_RETRY_MS);
        ck_assert_str_eq(settlement.retry_problems[0], "too large");
        ck_assert_uint_eq(settlement.n_dead, 0);
}
END_TEST

START_TEST(the_fifth_refusal_is_the_last) {
        RelayEvent events[] = { event(1, "A", 1, RELAY_MAX_TRIES - 2),
                                event(2, "B", 1, RELAY_MAX_TRIES - 1) };

        for (int i = 0; i < 2; i++) {
                events[i].outcome = RELAY_REFUSED;
                events[i].problem = "no";
        }
        RelaySettlement settlement = relay_judge(test_ctx()->arena, events, 2);
        ck_assert_uint_eq(settlement.n_retries, 1);
        ck_assert_int_eq(settlement.retry_ids[0], 1);
        ck_assert_int_eq(settlement.retry_delays_ms[0], 8 * RELAY_FIRST_RETRY_MS);
        ck_assert_uint_eq(settlement.n_dead, 1);
        ck_assert_int_eq(settlement.dead_ids[0], 2);
        ck_assert_str_eq(settlement.dead_problems[0], "no");
}
END_TEST

START_TEST(a_stream_has_lost_what_it_acknowledged_above_its_end_and_all_when_it_is_another_one) {
        RelayStreamMark known = { .created_us = 7, .last_sequence = 100 };

        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark){ 7, 100 }), RELAY_NOTHING_LOST);
        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark){ 7, 101 }), RELAY_NOTHING_LOST);
        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark){ 7, 99 }), 99);
        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark){ 8, 1000 }), 0);
        ck_assert_int_eq(relay_lost_above((RelayStreamMark){ 0 }, (RelayStreamMark){ 8, 1000 }),
                         RELAY_NOTHING_LOST);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("outbox-relay/judge");
        TCase *tcase = tcase_create("all");

        tcase_add_test(tcase, everything_goes_out_while_nothing_was_refused);
        tcase_add_test(tcase, an_event_that_was_refused_goes_out_alone_of_its_aggregate);
        tcase_add_test(tcase, aggregates_of_different_types_with_the_same_id_are_different);
        tcase_add_test(tcase, the_pause_doubles_with_each_refusal);
        tcase_add_test(tcase, each_outcome_has_its_list_and_the_unknown_has_none);
        tcase_add_test(tcase, the_fifth_refusal_is_the_last);
        tcase_add_test(tcase,
                       a_stream_has_lost_what_it_acknowledged_above_its_end_and_all_when_it_is_another_one);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
