/* A thread that does a piece of work over and over: at an interval, and as soon as it is woken. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/ctx.h"

typedef struct OrderLoop OrderLoop;

typedef struct OrderLoopSpec {
        const char *name; /* in the logs */
        int64_t interval_ms;
        void *arg;
        /*
         * One round, with a context of its own that is cancelled when the loop is stopped. ret_more: go on at once.
         * An error is logged, and tried again after the interval.
         */
        const Error *(*round)(void *arg, Ctx *ctx, bool *ret_more);
} OrderLoopSpec;

/* Lives in arena; does nothing until it is started. */
OrderLoop *order_loop_new(Arena *arena, const OrderLoopSpec *spec);

void order_loop_start(OrderLoop *loop);

/* Several wakes before the loop comes round are one. Never waits; harmless when the loop does not run. */
void order_loop_wake(OrderLoop *loop);

/* Waits for the round under way. Harmless when the loop does not run. */
void order_loop_stop(OrderLoop *loop);
