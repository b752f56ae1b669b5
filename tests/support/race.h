/* Many threads that do something at the same moment. */
#pragma once

#include <stddef.h>

#include "base/ctx.h"

/* What one of them does: its context has an arena of its own, which ends with it. */
typedef void (*RaceBody)(Ctx *ctx, void *arg, size_t i);

/* Runs body(ctx, arg, 0 .. n - 1), each on a thread, once all of them have started; waits for all. */
void race_run(size_t n, RaceBody body, void *arg);
