/* Transactions that last longer than others. */
#include "combine_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"

static const char sql_sleeper[] = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity"
                                  " WHERE datname = current_database() AND wait_event = 'PgSleep'"
                                  "   AND query LIKE 'SELECT pass_gate%'";

static bool visitor_sleeps(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, sql_sleeper) > 0;
}

/*
 * Stops the session that sleeps at the gate: one that is looking at pg_locks has locks of the server in its
 * hands, which everybody would wait for. A child waits for the end of the pipe that is returned and ends the
 * session then: also when this test fails or is killed.
 */
static int stop_visitor(void) {
        test_wait_until(visitor_sleeps, NULL, TEST_WAIT_MS, "the first transaction sleeps");
        pid_t visitor = (pid_t) test_sql_int64(dsn, sql_sleeper);
        int ends[2];
        char byte;

        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        if (fork() == 0) {
                close(ends[1]);
                setsid(); /* or it ends with this test */
                (void) !read(ends[0], &byte, 1);
                kill(visitor, SIGTERM);
                kill(visitor, SIGCONT);
                _exit(0);
        }
        close(ends[0]);
        ck_assert_int_eq(kill(visitor, SIGSTOP), 0);
        return ends[1];
}

/* Its own deadline is later than that of a shared transaction. One more wants its key, and has less time. */
TEST(a_session_that_hangs_holds_back_only_who_is_on_it) {
        PgPool *few = pool;
        Writer first, same, writers[N_WRITERS];

        pool = pool_on(dsn, 4);
        close_this_gate(&first, SLEEPY_GATE);
        int stop = stop_visitor();
        start(&same, 500);
        same.deadline_ms = 2000;
        go(&same);
        wait_until_queued(1);
        for (int64_t i = 0; i < N_WRITERS; i++) {
                start(&writers[i], i);
                go(&writers[i]);
        }
        for (size_t i = 0; i < N_WRITERS; i++) {
                join(&writers[i]);
                ck_assert_ok(writers[i].error);
        }
        ck_assert_int_eq(count_notes(), 2 * N_WRITERS);
        join(&same);
        ck_assert_reason(same.error, REASON_DEADLINE_EXCEEDED);
        join(&first);
        ck_assert_reason(first.error, REASON_WRITE_UNCERTAIN);
        close(stop);
        open_gate(SLEEPY_GATE);
        pg_pool_free(pool);
        pool = few;
}

static bool is_queued_or_written(void *arg) {
        (void) arg;
        return pg_combiner_waiting(pg_pool_combiner(pool)) == 1 || count_notes() > 0;
}

/* False when a slow machine made the first one last long, and nothing is known. */
static bool was_held_back(void) {
        Writer first, second;
        int64_t began_us = clock_monotonic_us();

        close_gate(&first);
        start(&second, 1);
        go(&second);
        test_wait_until(is_queued_or_written, NULL, TEST_WAIT_MS, "the second one is queued, or done");
        bool has_written = count_notes() > 0;
        bool is_known = clock_monotonic_us() - began_us < PG_COMBINE_LONG_MS * 1000;
        open_gate(GATE);
        join(&first);
        join(&second);
        ck_assert(!has_written || !is_known);
        return is_known;
}

TEST(one_that_lasts_as_usual_holds_back_the_next) {
        PgPool *few = pool;

        pool = pool_on(dsn, 4);
        while (!was_held_back())
                test_sql(dsn, "TRUNCATE notes");
        pg_pool_free(pool);
        pool = few;
}

static bool are_at_both_gates(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND state = 'active' AND query LIKE 'SELECT pass_gate%'") == 2;
}

/* Long enough to be let in, if there were room. */
TEST(those_that_take_long_have_half_of_the_sessions) {
        PgPool *few = pool;
        Writer first, second, third;

        pool = pool_on(dsn, 4);
        close_gate(&first);
        lock_gate(SECOND_GATE);
        start(&second, 1);
        second.gate = SECOND_GATE;
        go(&second);
        test_wait_until(are_at_both_gates, NULL, TEST_WAIT_MS, "two transactions wait at the gates");
        start(&third, 2);
        third.deadline_ms = 4 * PG_COMBINE_LONG_MS;
        go(&third);
        join(&third);
        if (are_at_both_gates(NULL)) /* a slow machine may have ended them by now */
                ck_assert_reason(third.error, REASON_DEADLINE_EXCEEDED);
        open_gate(GATE);
        open_gate(SECOND_GATE);
        join(&first);
        join(&second);
        pg_pool_free(pool);
        pool = few;
}

/* It waits until those of its key are done, and leads then. */
TEST(who_wants_a_key_that_is_in_use_waits_for_its_end) {
        PgPool *few = pool;
        Writer first, same, other;

        pool = pool_on(dsn, 4);
        close_gate(&first);
        start(&same, 500);
        pthread_create(&same.thread, NULL, claim, &same);
        wait_until_queued(1);
        start(&other, 1);
        go(&other);
        join(&other);
        ck_assert_ok(other.error);
        wait_until_queued(1);
        open_gate(GATE);
        join(&first);
        join(&same);
        ck_assert_ok(first.error);
        ck_assert_ok(same.error);
        ck_assert(!same.has_own_rows);
        pg_pool_free(pool);
        pool = few;
}

int main(void) {
        Suite *suite = suite_create("pg/combine_slow");
        TCase *tests = tcase_create("combine_slow");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
