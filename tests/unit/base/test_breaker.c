/* A breaker on both sides of each limit, by a clock of the test's own. */
#include "base/breaker.h"

#include "support.h"

#define N_FAILURES 5
#define WINDOW_MS 60000
#define TRIAL_MS 5000

static Breaker breaker;
static int64_t now_ms;

static void setup(void) {
        now_ms = 1000 * WINDOW_MS; /* a slice begins */
        breaker = (Breaker) {
                .limits = { .n_failures = N_FAILURES, .window_ms = WINDOW_MS, .trial_ms = TRIAL_MS }
        };
}

static BreakerVerdict ask(void) {
        return breaker_ask(&breaker, now_ms * 1000);
}

/* True when it opened or closed the breaker. */
static bool end(BreakerVerdict verdict, bool failed) {
        return breaker_judge(&breaker, verdict, failed, now_ms * 1000);
}

static void call(int n, bool failed) {
        for (int i = 0; i < n; i++)
                ck_assert(!end(ask(), failed));
}

static void open_it(void) {
        call(N_FAILURES - 1, true);
        ck_assert(end(ask(), true));
        ck_assert_int_eq(ask(), BREAKER_REFUSE);
}

TEST(the_fifth_failure_opens_it) {
        call(N_FAILURES - 1, true);
        ck_assert_int_eq(ask(), BREAKER_CALL);
        ck_assert(end(BREAKER_CALL, true));
        ck_assert_int_eq(ask(), BREAKER_REFUSE);
}

TEST(failures_that_are_half_of_the_calls_open_it) {
        call(N_FAILURES, false);
        open_it();
}

TEST(failures_that_are_less_than_half_do_not_stop_a_busy_shop) {
        call(N_FAILURES + 1, false);
        call(N_FAILURES, true);
        ck_assert_int_eq(ask(), BREAKER_CALL);
        ck_assert(end(BREAKER_CALL, true)); /* six of twelve */
}

TEST(a_success_never_opens_it) {
        call(2 * N_FAILURES, false);
        call(2 * N_FAILURES - 1, true);
        call(1, false);
        ck_assert_int_eq(ask(), BREAKER_CALL);
}

TEST(a_failure_counts_until_its_slice_leaves_the_window) {
        call(N_FAILURES - 1, true);
        now_ms += WINDOW_MS - 1;
        ck_assert(end(ask(), true));
}

TEST(a_failure_is_forgotten_after_the_window) {
        call(N_FAILURES - 1, true);
        now_ms += WINDOW_MS;
        call(N_FAILURES - 1, true);
        ck_assert(end(ask(), true));
}

TEST(a_success_is_forgotten_after_the_window) {
        call(100 * N_FAILURES, false);
        now_ms += WINDOW_MS;
        open_it();
}

TEST(one_trial_is_let_through_after_the_pause) {
        open_it();
        now_ms += TRIAL_MS - 1;
        ck_assert_int_eq(ask(), BREAKER_REFUSE);
        now_ms++;
        ck_assert_int_eq(ask(), BREAKER_TRIAL);
        ck_assert_int_eq(ask(), BREAKER_REFUSE);
}

TEST(a_trial_that_succeeds_closes_it_and_forgets_the_failures) {
        open_it();
        now_ms += TRIAL_MS;
        ck_assert(end(ask(), false));
        call(N_FAILURES - 1, true);
        ck_assert_int_eq(ask(), BREAKER_CALL);
}

TEST(a_trial_that_fails_begins_another_pause) {
        open_it();
        now_ms += TRIAL_MS;
        ck_assert(!end(ask(), true));
        now_ms += TRIAL_MS - 1;
        ck_assert_int_eq(ask(), BREAKER_REFUSE);
        now_ms++;
        ck_assert_int_eq(ask(), BREAKER_TRIAL);
}

TEST(a_trial_that_is_not_made_leaves_room_for_another) {
        open_it();
        now_ms += TRIAL_MS;
        ck_assert_int_eq(ask(), BREAKER_TRIAL);
        breaker_forget_trial(&breaker);
        ck_assert_int_eq(ask(), BREAKER_TRIAL);
}

TEST(calls_that_began_before_it_opened_tell_nothing) {
        open_it();
        ck_assert(!end(BREAKER_CALL, false));
        ck_assert(!end(BREAKER_CALL, true));
        now_ms += TRIAL_MS - 1;
        ck_assert_int_eq(ask(), BREAKER_REFUSE);
        now_ms++;
        ck_assert_int_eq(ask(), BREAKER_TRIAL);
}

int main(void) {
        Suite *suite = suite_create("base breaker");
        TCase *tests = tcase_create("breaker");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
