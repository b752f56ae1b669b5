#include "biz/relay/relay.h"
#include "support.h"

static RelayEvent event(int64_t id, const char *aggregate, int64_t version, int64_t retry_count) {
        return (RelayEvent) { .id = id,
                             .aggregate_type = "order",
                             .aggregate_id = aggregate,
                             .aggregate_version = version,
                             .retry_count = retry_count };
}

/* A2 follows A1, A3 follows A2; B is another aggregate. */
TEST(an_event_goes_out_once_the_stream_has_the_one_before_it) {
        RelayEvent events[] = { event(3, "A", 1, 0), event(5, "B", 1, 0), event(8, "A", 2, 0),
                                event(9, "A", 3, 0) };
        RelayEvent *chosen[4];

        events[2].waits_for_id = 3;
        events[3].waits_for_id = 8;
        ck_assert_uint_eq(relay_choose(events, 4, chosen), 2);
        ck_assert_ptr_eq(chosen[0], &events[0]);
        ck_assert_ptr_eq(chosen[1], &events[1]);
        ck_assert_uint_eq(relay_choose(events, 4, chosen), 0);
        events[0].outcome = RELAY_STORED;
        events[0].sequence = 70;
        ck_assert_uint_eq(relay_choose(events, 4, chosen), 1);
        ck_assert_ptr_eq(chosen[0], &events[2]);
        ck_assert_int_eq(events[2].previous_sequence, 70);
        events[2].outcome = RELAY_REFUSED;
        ck_assert_uint_eq(relay_choose(events, 4, chosen), 0);
        ck_assert_uint_eq(relay_choose(events, 0, chosen), 0);
}

TEST(an_event_waits_for_a_predecessor_that_was_not_read) {
        RelayEvent events[] = { event(3, "A", 2, 0), event(5, "B", 1, 0) };
        RelayEvent *chosen[2];

        events[0].waits_for_id = 2;
        ck_assert_uint_eq(relay_choose(events, 2, chosen), 1);
        ck_assert_ptr_eq(chosen[0], &events[1]);
}

TEST(the_pause_doubles_with_each_refusal) {
        ck_assert_int_eq(relay_retry_delay_ms(1), RELAY_FIRST_RETRY_MS);
        ck_assert_int_eq(relay_retry_delay_ms(2), 2 * RELAY_FIRST_RETRY_MS);
        ck_assert_int_eq(relay_retry_delay_ms(3), 4 * RELAY_FIRST_RETRY_MS);
        ck_assert_int_eq(relay_retry_delay_ms(4), 8 * RELAY_FIRST_RETRY_MS);
}

TEST(each_outcome_has_its_list_and_the_unknown_has_none) {
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

TEST(the_fifth_refusal_is_the_last) {
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

TEST(a_stream_has_lost_what_it_acknowledged_above_its_end_and_all_when_it_is_another_one) {
        RelayStreamMark known = { .created_us = 7, .last_sequence = 100 };

        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark) { 7, 100 }), RELAY_NOTHING_LOST);
        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark) { 7, 101 }), RELAY_NOTHING_LOST);
        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark) { 7, 99 }), 99);
        ck_assert_int_eq(relay_lost_above(known, (RelayStreamMark) { 8, 1000 }), 0);
        ck_assert_int_eq(relay_lost_above((RelayStreamMark) { 0 }, (RelayStreamMark) { 8, 1000 }),
                         RELAY_NOTHING_LOST);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/judge");
        TCase *tcase = tcase_create("all");

        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
