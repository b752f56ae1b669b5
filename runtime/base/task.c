#include "base/task.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/monitor.h"
#include "base/workers.h"

typedef enum StepState { STEP_WAITING, STEP_RUNNING, STEP_DONE } StepState;

/* Owned by its group and, once a worker was given it, by that worker too. */
typedef struct Step {
        struct Step *next;
        TaskGroup *group;
        TaskStep run;
        void *arg;
        Ctx ctx;
        const Error *error;
        _Atomic StepState state;
        atomic_int n_owners;
} Step;

struct TaskGroup {
        Ctx *ctx;
        atomic_bool is_offered;
        Step *first;
        Step *last;
        Monitor monitor; /* signalled when a step is done */
};

static void step_release(Step *step) {
        if (atomic_fetch_sub(&step->n_owners, 1) == 1)
                free(step);
}

/* True for the one that may run it. */
static bool step_claim(Step *step, StepState to) {
        StepState expected = STEP_WAITING;

        return atomic_compare_exchange_strong(&step->state, &expected, to);
}

static void step_run(Step *step) {
        TaskGroup *group = step->group;

        step->error = step->run(&step->ctx, step->arg);
        monitor_lock(&group->monitor);
        atomic_store(&step->state, STEP_DONE);
        monitor_signal(&group->monitor);
        monitor_unlock(&group->monitor);
}

static void run_offered(void *job) {
        Step *step = job;

        if (step_claim(step, STEP_RUNNING))
                step_run(step);
        step_release(step);
}

/* False when no worker idles. */
static bool step_offer(Step *step) {
        atomic_fetch_add(&step->n_owners, 1);
        if (workers_offer(step->ctx.workers, run_offered, step))
                return true;
        step_release(step);
        return false;
}

static void group_offer(TaskGroup *group) {
        if (!group->ctx->workers || atomic_exchange(&group->is_offered, true))
                return;
        for (Step *step = group->first; step; step = step->next)
                if (atomic_load(&step->state) == STEP_WAITING && !step_offer(step))
                        return;
}

/* A step that waits holds up the groups around its own as well: the workers are offered the steps of all. */
void task_will_wait(const Ctx *ctx) {
        for (TaskGroup *group = ctx->group; group; group = group->ctx->group)
                group_offer(group);
}

static void wait_until_done(TaskGroup *group, Step *step) {
        monitor_lock(&group->monitor);
        while (atomic_load(&step->state) != STEP_DONE)
                monitor_wait(&group->monitor, INT64_MAX);
        monitor_unlock(&group->monitor);
}

/* Runs when the request's arena goes: steps that nobody joined must not run on memory that is gone. */
static void group_release(void *pointer) {
        TaskGroup *group = pointer;
        Step *next;

        for (Step *step = group->first; step; step = next) {
                next = step->next;
                if (!step_claim(step, STEP_DONE))
                        wait_until_done(group, step);
                arena_free(step->ctx.arena);
                step_release(step);
        }
        monitor_destroy(&group->monitor);
}

TaskGroup *task_group_new(Ctx *ctx) {
        TaskGroup *group = ARENA_NEW(ctx->arena, TaskGroup);

        group->ctx = ctx;
        monitor_init(&group->monitor);
        arena_defer(ctx->arena, group_release, group);
        return group;
}

static Step *step_new(TaskGroup *group, TaskStep run, void *arg) {
        Step *step = MEMORY_NEW(Step);

        step->group = group;
        step->run = run;
        step->arg = arg;
        step->ctx = *group->ctx;
        step->ctx.arena = arena_new();
        step->ctx.group = group;
        step->ctx.reply_headers = NULL;
        atomic_init(&step->n_owners, 1);
        return step;
}

void task_run(TaskGroup *group, TaskStep step, void *arg) {
        Step *added = step_new(group, step, arg);

        if (group->last)
                group->last->next = added;
        else
                group->first = added;
        group->last = added;
}

const Error *task_join(TaskGroup *group) {
        const Error *error = NULL;

        for (Step *step = group->first; step; step = step->next)
                if (step_claim(step, STEP_RUNNING))
                        step_run(step);
        for (Step *step = group->first; step; step = step->next) {
                wait_until_done(group, step);
                if (!error)
                        error = step->error;
        }
        return error;
}
