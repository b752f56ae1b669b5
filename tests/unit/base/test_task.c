#include "base/task.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/workers.h"
#include "support.h"

typedef struct Number {
        int value;
        pthread_t thread;
        pthread_barrier_t *meet;
        char *text;
        Arena *arena;
} Number;

static const Error *double_it(Ctx *ctx, void *arg) {
        Number *number = arg;

        number->value *= 2;
        number->text = arena_printf(ctx->arena, "%d", number->value);
        number->arena = ctx->arena;
        number->thread = pthread_self();
        if (number->meet) {
                task_will_wait(ctx);
                pthread_barrier_wait(number->meet);
        }
        return NULL;
}

static const Error *find_nothing(Ctx *ctx, void *arg) {
        return error_new(ctx->arena, ERROR_NOT_FOUND, "NUMBER_NOT_FOUND", "There is no %s",
                         (const char *) arg);
}

static Workers *idle_workers(size_t n_threads) {
        Workers *workers = workers_new(n_threads, 8);

        while (workers_idle(workers) < n_threads)
                sched_yield();
        return workers;
}

TEST(runs_steps_in_order_without_workers) {
        Ctx *ctx = test_ctx();
        TaskGroup *group = task_group_new(ctx);
        Number numbers[3] = { { 1 }, { 2 }, { 3 } };

        for (int i = 0; i < 3; i++)
                task_run(group, double_it, &numbers[i]);
        ck_assert_ok(task_join(group));
        ck_assert_int_eq(numbers[0].value, 2);
        ck_assert_int_eq(numbers[2].value, 6);
        ck_assert_str_eq(numbers[1].text, "4");
        ck_assert_ptr_ne(numbers[0].arena, numbers[1].arena);
        ck_assert_ptr_ne(numbers[0].arena, ctx->arena);
}

/* Each step waits for the others: the test hangs, and Check ends it, unless all run at the same time. */
TEST(runs_steps_side_by_side) {
        Ctx *ctx = test_ctx();
        pthread_barrier_t meet;
        Number numbers[3] = { { 1, .meet = &meet }, { 2, .meet = &meet }, { 3, .meet = &meet } };

        pthread_barrier_init(&meet, NULL, 3);
        ctx->workers = idle_workers(2);
        TaskGroup *group = task_group_new(ctx);
        for (int i = 0; i < 3; i++)
                task_run(group, double_it, &numbers[i]);
        ck_assert_ok(task_join(group));
        ck_assert(pthread_equal(numbers[0].thread, pthread_self()));
        ck_assert(!pthread_equal(numbers[1].thread, numbers[2].thread));
        workers_free(ctx->workers);
}

TEST(wakes_nobody_while_no_step_waits) {
        Ctx *ctx = test_ctx();
        Number numbers[3] = { { 1 }, { 2 }, { 3 } };

        ctx->workers = idle_workers(2);
        TaskGroup *group = task_group_new(ctx);
        for (int i = 0; i < 3; i++)
                task_run(group, double_it, &numbers[i]);
        ck_assert_ok(task_join(group));
        for (int i = 0; i < 3; i++)
                ck_assert(pthread_equal(numbers[i].thread, pthread_self()));
        workers_free(ctx->workers);
}

static const Error *wait_inside(Ctx *ctx, void *arg) {
        TaskGroup *group = task_group_new(ctx);

        task_run(group, double_it, arg);
        return task_join(group);
}

/* The step that waits is in an inner group, what it waits for in the outer: the test would hang. */
TEST(a_wait_inside_lets_the_steps_around_it_go_on) {
        Ctx *ctx = test_ctx();
        pthread_barrier_t meet;
        Number numbers[2] = { { 1, .meet = &meet }, { 2, .meet = &meet } };

        pthread_barrier_init(&meet, NULL, 2);
        ctx->workers = idle_workers(1);
        TaskGroup *group = task_group_new(ctx);
        task_run(group, wait_inside, &numbers[0]);
        task_run(group, double_it, &numbers[1]);
        ck_assert_ok(task_join(group));
        ck_assert(!pthread_equal(numbers[0].thread, numbers[1].thread));
        workers_free(ctx->workers);
}

TEST(gives_the_error_of_the_step_that_was_added_first) {
        Ctx *ctx = test_ctx();
        TaskGroup *group = task_group_new(ctx);
        Number number = { 1 };

        task_run(group, double_it, &number);
        task_run(group, find_nothing, "first");
        task_run(group, find_nothing, "second");
        const Error *error = ck_assert_reason(task_join(group), "NUMBER_NOT_FOUND");
        ck_assert_str_eq(error->message, "There is no first");
        ck_assert_int_eq(number.value, 2);
}

static void occupy(void *arg) {
        pthread_barrier_t *gate = arg;

        pthread_barrier_wait(gate);
        pthread_barrier_wait(gate);
}

/* The only worker is busy elsewhere: the joiner runs everything, and nothing waits for the worker. */
TEST(joins_without_a_free_worker_and_survives_the_end_of_the_request) {
        pthread_barrier_t gate;
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        Number numbers[4] = { { 1 }, { 2 }, { 3 }, { 4 } };

        pthread_barrier_init(&gate, NULL, 2);
        ctx.workers = workers_new(1, 8);
        ck_assert(workers_submit(ctx.workers, occupy, &gate));
        pthread_barrier_wait(&gate);
        TaskGroup *group = task_group_new(&ctx);
        for (int i = 0; i < 4; i++)
                task_run(group, double_it, &numbers[i]);
        ck_assert_ok(task_join(group));
        ck_assert_uint_eq(workers_queued(ctx.workers), 0);
        arena_free(arena);
        pthread_barrier_wait(&gate);
        workers_free(ctx.workers);
        for (int i = 0; i < 4; i++)
                ck_assert_int_eq(numbers[i].value, 2 * (i + 1));
}

static const Error *join_inside(Ctx *ctx, void *arg) {
        TaskGroup *group = task_group_new(ctx);
        Number *numbers = arg;

        for (int i = 0; i < 3; i++)
                task_run(group, double_it, &numbers[i]);
        return task_join(group);
}

static void handle_request(void *arg) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        Number numbers[6] = { { 1 }, { 1 }, { 1 }, { 1 }, { 1 }, { 1 } };

        ctx.workers = ((void **) arg)[0];
        TaskGroup *group = task_group_new(&ctx);
        task_run(group, join_inside, numbers);
        task_run(group, join_inside, numbers + 3);
        if (!task_join(group))
                for (int i = 0; i < 6; i++)
                        atomic_fetch_add((atomic_int *) ((void **) arg)[1], numbers[i].value);
        arena_free(arena);
}

/* More requests than threads, each with groups inside groups. */
TEST(a_pool_full_of_joiners_does_not_deadlock) {
        atomic_int sum = 0;
        Workers *workers = workers_new(2, 4000);
        void *arg[] = { workers, &sum };

        for (int i = 0; i < 500; i++)
                ck_assert(workers_submit(workers, handle_request, arg));
        workers_free(workers);
        ck_assert_int_eq(sum, 500 * 12);
}

TEST(a_group_that_nobody_joins_leaves_nothing_behind) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        Number *numbers = ARENA_ARRAY(arena, Number, 50);

        ctx.workers = workers_new(2, 8);
        TaskGroup *group = task_group_new(&ctx);
        for (int i = 0; i < 50; i++)
                task_run(group, double_it, &numbers[i]);
        arena_free(arena);
        workers_free(ctx.workers);
}

static const Error *keep_ctx(Ctx *ctx, void *arg) {
        *(Ctx *) arg = *ctx;
        return NULL;
}

TEST(a_step_has_the_deadline_and_the_caller_of_its_request) {
        Ctx *ctx = test_ctx();
        Caller caller = { .id = "CUST-1", .roles = ROLE_CUSTOMER };
        Ctx seen;

        ctx->caller = &caller;
        ctx_limit(ctx, 5000);
        TaskGroup *group = task_group_new(ctx);
        task_run(group, keep_ctx, &seen);
        ck_assert_ok(task_join(group));
        ck_assert_int_eq(seen.deadline_us, ctx->deadline_us);
        ck_assert_ptr_eq(seen.caller, &caller);
}

int main(void) {
        Suite *suite = suite_create("task");
        TCase *tests = tcase_create("task");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
