/* What a load run does: its options, its orders, and its report. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "histogram.h"

#define PLAN_SKUS 1000
#define PLAN_CUSTOMERS 10000

typedef struct Plan {
        const char *host;
        int port;
        int connections;
        int64_t duration_ms;
        int64_t min_orders;
        int64_t rate_per_s; /* 0: closed loop, each connection sends when it has its answer */
        bool hot;           /* every order has SKU 1 as its first line */
        bool keys;          /* every order has an Idempotency-Key */
        char **tokens;      /* one per customer */
        size_t n_tokens;
} Plan;

typedef struct Outcome {
        Histogram latencies;
        int64_t n_ok;
        int64_t n_failed;
        char first_failure[512];
        int64_t started_us;
        int64_t ended_us;
} Outcome;

/* Reads the options and the tokens; exits with a sentence on a problem. */
void plan_read(Plan *plan, Arena *arena, int argc, char **argv);

/* One order of the plan: two different SKUs, and the customer who places it. */
typedef struct PlannedOrder {
        int customer; /* 0 ... n_tokens - 1 */
        int sku[2];   /* 1 ... PLAN_SKUS */
} PlannedOrder;

PlannedOrder plan_next(const Plan *plan, uint64_t *seed);

/* True while more orders should be sent. */
bool plan_goes_on(const Plan *plan, const Outcome *outcome);

void outcome_fail(Outcome *outcome, const char *what);

/* Prints one JSON object: orders per second, latencies in ms, failures, and this program's own CPU. */
void outcome_print(const Outcome *outcome);
