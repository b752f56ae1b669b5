#include "base/loop.h"

#include <stdatomic.h>

#include "support.h"

#define NEVER_MS 3600000

/* A round that counts, and does what the test wants. */
typedef struct Work {
        atomic_int n_rounds;
        atomic_int n_more;   /* rounds that want to go on at once */
        atomic_int n_failed; /* rounds that fail first */
        bool waits_for_the_end;
} Work;

static const Error *work_round(void *arg, Ctx *ctx, bool *ret_more) {
        Work *work = arg;

        *ret_more = atomic_fetch_sub(&work->n_more, 1) > 0;
        atomic_fetch_add(&work->n_rounds, 1);
        while (work->waits_for_the_end && !atomic_load(ctx->cancelled))
                ;
        if (atomic_fetch_sub(&work->n_failed, 1) > 0)
                return error_internal(ctx->arena, NULL, "not this time");
        return NULL;
}

static Loop *start(Work *work, int64_t interval_ms) {
        Loop *loop = loop_new(test_ctx()->arena, &(LoopSpec) { "test", interval_ms, work, work_round });

        loop_start(loop);
        return loop;
}

static bool has_worked_once(void *arg) {
        return atomic_load(&((Work *) arg)->n_rounds) >= 1;
}

static bool has_worked_three_times(void *arg) {
        return atomic_load(&((Work *) arg)->n_rounds) >= 3;
}

TEST(works_at_its_interval) {
        static Work work;

        start(&work, 1);
        test_wait_until(has_worked_three_times, &work, TEST_WAIT_MS, "three rounds are over");
}

TEST(goes_on_at_once_while_there_is_more) {
        static Work work = { .n_more = 2 };

        start(&work, NEVER_MS);
        test_wait_until(has_worked_three_times, &work, TEST_WAIT_MS, "three rounds are over");
}

TEST(a_wake_ends_the_pause) {
        static Work work;
        Loop *loop = start(&work, NEVER_MS);

        test_wait_until(has_worked_once, &work, TEST_WAIT_MS, "the first round is over");
        loop_wake(loop);
        while (atomic_load(&work.n_rounds) < 2)
                ;
        loop_stop(loop);
        ck_assert_int_eq(atomic_load(&work.n_rounds), 2);
}

static bool is_gathering(void *arg) {
        return atomic_load(&((Work *) arg)->n_rounds) == 1;
}

/* The second wake comes while the first one gathers, so one round serves both; the third has its own. */
TEST(wakes_that_come_together_are_one_round) {
        static Work work;
        const LoopSpec spec = { "test", NEVER_MS, &work, work_round, .gather_ms = 100 };
        Loop *loop = loop_new(test_ctx()->arena, &spec);

        loop_start(loop);
        test_wait_until(is_gathering, &work, TEST_WAIT_MS, "the first round is over");
        for (int i = 0; i < 10; i++)
                loop_wake(loop);
        while (atomic_load(&work.n_rounds) < 2)
                ;
        loop_wake(loop);
        test_wait_until(has_worked_three_times, &work, TEST_WAIT_MS, "the wake after is served too");
        loop_stop(loop);
        ck_assert_int_eq(atomic_load(&work.n_rounds), 3);
}

TEST(a_round_that_failed_waits_for_the_interval_even_when_there_is_more) {
        static Work work = { .n_more = 2, .n_failed = 1 };
        Loop *loop = start(&work, NEVER_MS);

        test_wait_until(has_worked_once, &work, TEST_WAIT_MS, "the first round is over");
        loop_stop(loop);
        ck_assert_int_eq(atomic_load(&work.n_rounds), 1);
}

TEST(a_stop_cancels_the_round_under_way_and_may_come_twice) {
        static Work work = { .waits_for_the_end = true };
        Loop *loop = start(&work, NEVER_MS);

        test_wait_until(has_worked_once, &work, TEST_WAIT_MS, "the round is under way");
        loop_stop(loop);
        loop_stop(loop);
        ck_assert_int_eq(atomic_load(&work.n_rounds), 1);
}

TEST(starts_again_after_a_stop) {
        static Work work;
        Loop *loop = start(&work, 1);

        loop_stop(loop);
        loop_start(loop);
        test_wait_until(has_worked_three_times, &work, TEST_WAIT_MS, "three rounds are over");
}

int main(void) {
        Suite *suite = suite_create("base/loop");
        TCase *tests = tcase_create("loop");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
