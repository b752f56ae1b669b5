/*
 * Runs independent steps of one handler side by side.
 *
 *         TaskGroup *group = task_group_new(ctx);
 *         task_run(group, load_customer, &customer_step);
 *         task_run(group, load_products, &products_step);
 *         TRY(task_join(group));
 *
 * Each step gets a context of its own (its own arena, the same deadline, caller and trace); what it allocates
 * lives as long as the request. A step goes to a worker that idles; joining runs those that found none, so
 * the pool cannot deadlock and nobody waits for a stranger. Without workers, or when all are busy, the steps
 * run one after the other.
 */
#pragma once

#include "base/ctx.h"

typedef struct TaskGroup TaskGroup;
typedef const Error *(*TaskStep)(Ctx *ctx, void *arg);

/* Lives in ctx->arena; a group that is never joined drops the steps that nobody has begun. */
TaskGroup *task_group_new(Ctx *ctx);

/* Adds a step. The last one is left to the one who joins, so that n steps cost n - 1 other threads. */
void task_run(TaskGroup *group, TaskStep step, void *arg);

/* Waits for all steps; returns the error of the step that was added first among those that failed. */
const Error *task_join(TaskGroup *group) MUST_CHECK;
