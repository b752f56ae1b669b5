#include "http/timer_private.h"

#include "base/clock.h"
#include "support.h"

#define N 3

static TimerList list, other;
static Timer timers[N];
static int n_expired[N];

static void expired(Timer *timer) {
        n_expired[timer - timers]++;
}

static void set_up(void) {
        http_timers_init(&list, 1000);
        http_timers_init(&other, 2000);
        for (int i = 0; i < N; i++) {
                timers[i] = (Timer) { .expired = expired };
                n_expired[i] = 0;
        }
}

TEST(tells_those_whose_time_is_over_in_their_order) {
        for (int i = 0; i < N; i++)
                http_timer_start(&list, &timers[i]);
        http_timers_expire(&list, timers[0].until_us - 1);
        ck_assert_int_eq(n_expired[0], 0);
        timers[2].until_us++;
        http_timers_expire(&list, timers[1].until_us);
        ck_assert(n_expired[0] == 1 && n_expired[1] == 1 && n_expired[2] == 0);
        http_timers_expire(&list, INT64_MAX);
        ck_assert(n_expired[0] == 1 && n_expired[1] == 1 && n_expired[2] == 1);
}

TEST(one_that_is_stopped_or_started_anew_does_not_expire) {
        for (int i = 0; i < N; i++)
                http_timer_start(&list, &timers[i]);
        http_timer_stop(&timers[1]);
        http_timer_stop(&timers[1]);
        http_timer_start(&other, &timers[0]);
        http_timers_expire(&list, INT64_MAX);
        ck_assert(n_expired[0] == 0 && n_expired[1] == 0 && n_expired[2] == 1);
        http_timers_expire(&other, INT64_MAX);
        ck_assert_int_eq(n_expired[0], 1);
}

static void start_again(Timer *timer) {
        expired(timer);
        http_timer_start(&other, timer);
}

TEST(one_may_be_started_as_it_expires) {
        timers[0].expired = start_again;
        http_timer_start(&list, &timers[0]);
        http_timers_expire(&list, INT64_MAX);
        ck_assert_int_eq(n_expired[0], 1);
        ck_assert(list_is_linked(&timers[0].link));
}

TEST(says_how_long_it_is_until_the_first) {
        int64_t now_us = clock_monotonic_us();

        ck_assert_int_eq(http_timers_left_ms(&list, now_us, 7), 7);
        http_timer_start(&list, &timers[0]);
        ck_assert_int_eq(http_timers_left_ms(&list, timers[0].until_us - 5001, 10), 6);
        ck_assert_int_eq(http_timers_left_ms(&list, timers[0].until_us - 5000, 10), 5);
        ck_assert_int_eq(http_timers_left_ms(&list, timers[0].until_us + 1, 10), 0);
        ck_assert_int_eq(http_timers_left_ms(&list, timers[0].until_us - 500000, 10), 10);
}

int main(void) {
        Suite *suite = suite_create("http timer");
        TCase *tests = tcase_create("http timer");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
