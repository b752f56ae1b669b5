/*
 * Says whether somebody who may be failing is to be called. It opens at n_failures in window_ms when they are
 * at least half of the calls of that time, so that a few failures do not stop a busy shop. After trial_ms it
 * lets one call through: if that succeeds, all are let through again.
 *
 * Not thread-safe. All times are of one clock that does not step, which is the user's.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A twelfth of the window is forgotten at a time. */
#define BREAKER_N_SLICES 12

typedef struct BreakerLimits {
        int64_t n_failures;
        int64_t window_ms;
        int64_t trial_ms;
} BreakerLimits;

typedef struct BreakerSlice {
        int64_t number; /* since the clock began */
        int64_t n_calls;
        int64_t n_failures;
} BreakerSlice;

/* Zero but for its limits, it is closed and knows of no call. */
typedef struct Breaker {
        BreakerLimits limits;
        BreakerSlice slices[BREAKER_N_SLICES];
        bool is_open;
        bool is_tried;       /* a trial is under way */
        int64_t trial_at_us; /* while it is open */
} Breaker;

typedef enum BreakerVerdict {
        BREAKER_CALL,   /* call */
        BREAKER_TRIAL,  /* call; how it ends decides */
        BREAKER_REFUSE, /* do not */
} BreakerVerdict;

/* Before a call. A trial must be followed by breaker_judge or breaker_forget_trial. */
BreakerVerdict breaker_ask(Breaker *breaker, int64_t now_us);

/* Of a trial that was not made. */
void breaker_forget_trial(Breaker *breaker);

/* How a call ended that was let through; true when that opened or closed the breaker. */
bool breaker_judge(Breaker *breaker, BreakerVerdict verdict, bool failed, int64_t now_us);
