/* A thread that does a piece of work over and over: at an interval, and as soon as it is woken. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"

typedef struct Loop Loop;

typedef struct LoopSpec {
        const char *name; /* in the logs */
        int64_t interval_ms;
        void *arg;
        /*
         * One round, with a context of its own that is cancelled when the loop is stopped. ret_more: go on at
         * once. An error is logged, and tried again after the interval.
         */
        const Error *(*round)(void *arg, Ctx *ctx, bool *ret_more);
        int64_t gather_ms; /* how long a wake waits for others, so that one round serves them all; 0: not */
} LoopSpec;

/* Lives in arena; does nothing until it is started. */
Loop *loop_new(Arena *arena, const LoopSpec *spec);

void loop_start(Loop *loop);

/* Several wakes before the loop comes round are one. Never waits; harmless when the loop does not run. */
void loop_wake(Loop *loop);

/* Waits for the round under way. Harmless when the loop does not run. */
void loop_stop(Loop *loop);
