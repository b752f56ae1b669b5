/*
 * Runs independent steps of one handler side by side.
 *
 *         TaskGroup *group = task_group_new(ctx);
 *         task_run(group, load_customer, &customer_step);
 *         task_run(group, load_products, &products_step);
 *         TRY(task_join(group));
 *
 * Each step gets a context of its own (its own arena, the same deadline, caller and trace); what it allocates
 * lives as long as the request. The one who joins runs the steps in their order. Only when a step is about to
 * wait for somebody else do those behind it go to workers that idle: waking a worker costs more than a step
 * whose answer is at hand, so add those first. What no worker took is run by the one who joins, so the pool
 * cannot deadlock and nobody waits for a stranger.
 */
#pragma once

#include "base/ctx.h"

typedef const Error *(*TaskStep)(Ctx *ctx, void *arg);

/* Lives in ctx->arena; a group that is never joined drops the steps that nobody has begun. */
TaskGroup *task_group_new(Ctx *ctx);

/* Adds a step; it begins when the group is joined. */
void task_run(TaskGroup *group, TaskStep step, void *arg);

/* Waits for all steps; returns the error of the step that was added first among those that failed. */
const Error *task_join(TaskGroup *group) MUST_CHECK;

/* Said by what is about to wait for a database or another service on behalf of this context. */
void task_will_wait(const Ctx *ctx);
