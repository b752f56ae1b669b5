#include "base/breaker.h"

#include <stddef.h>
#include <string.h>

static BreakerSlice *slice_of(Breaker *breaker, int64_t now_us) {
        int64_t number = now_us / (breaker->limits.window_ms * 1000 / BREAKER_N_SLICES);
        BreakerSlice *slice = &breaker->slices[number % BREAKER_N_SLICES];

        if (slice->number != number)
                *slice = (BreakerSlice) { .number = number };
        return slice;
}

static bool fails_too_often(const Breaker *breaker, int64_t newest) {
        int64_t n_calls = 0, n_failures = 0;

        for (size_t i = 0; i < BREAKER_N_SLICES; i++)
                if (breaker->slices[i].number > newest - BREAKER_N_SLICES) {
                        n_calls += breaker->slices[i].n_calls;
                        n_failures += breaker->slices[i].n_failures;
                }
        return n_failures >= breaker->limits.n_failures && n_failures * 2 >= n_calls;
}

static void open_until_trial(Breaker *breaker, int64_t now_us) {
        breaker->is_open = true;
        breaker->trial_at_us = now_us + breaker->limits.trial_ms * 1000;
}

BreakerVerdict breaker_ask(Breaker *breaker, int64_t now_us) {
        if (!breaker->is_open)
                return BREAKER_CALL;
        if (breaker->is_tried || now_us < breaker->trial_at_us)
                return BREAKER_REFUSE;
        breaker->is_tried = true;
        return BREAKER_TRIAL;
}

void breaker_forget_trial(Breaker *breaker) {
        breaker->is_tried = false;
}

static void end_trial(Breaker *breaker, bool failed, int64_t now_us) {
        breaker->is_tried = false;
        if (failed) {
                open_until_trial(breaker, now_us);
                return;
        }
        breaker->is_open = false;
        memset(breaker->slices, 0, sizeof(breaker->slices));
}

/* One that began before the breaker opened tells nothing new. */
static void count(Breaker *breaker, bool failed, int64_t now_us) {
        if (breaker->is_open)
                return;
        BreakerSlice *slice = slice_of(breaker, now_us);
        slice->n_calls++;
        slice->n_failures += failed;
        if (failed && fails_too_often(breaker, slice->number))
                open_until_trial(breaker, now_us);
}

bool breaker_judge(Breaker *breaker, BreakerVerdict verdict, bool failed, int64_t now_us) {
        bool was_open = breaker->is_open;

        if (verdict == BREAKER_TRIAL)
                end_trial(breaker, failed, now_us);
        else
                count(breaker, failed, now_us);
        return breaker->is_open != was_open;
}
