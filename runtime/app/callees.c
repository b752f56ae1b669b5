#include "app/callees_private.h"

#include "base/callee.h"
#include "base/log.h"
#include "base/metrics.h"

static Metric *open_breakers, *refused_calls;

static void count_callee(const char *callee, const char *method, CalleeEvent event) {
        if (event == CALLEE_REFUSED) {
                metric_add(refused_calls, 1, METRIC_LABELS({ "callee", callee }, { "method", method }));
                return;
        }
        log_warning(event == CALLEE_OPENED ? "a breaker opened" : "a breaker closed",
                    log_text("callee", callee), log_text("method", method));
        metric_set(open_breakers, event == CALLEE_OPENED,
                   METRIC_LABELS({ "callee", callee }, { "method", method }));
}

void app_callees_init(const AppSettings *settings) {
        int64_t half = (settings->n_workers + 1) / 2;

        open_breakers = metric_gauge("millrace_callee_breaker_open",
                                     "1 while a method of another service fails, and is not called.");
        refused_calls =
                metric_counter("millrace_callee_refusals_total",
                               "Calls to another service that were not made.");
        callee_init(&(CalleeLimits) {
                .n_calls = (size_t) (settings->callee_calls ? settings->callee_calls : half),
                .wait_ms = settings->callee_wait_ms,
                .breaker = { .n_failures = settings->breaker_failures,
                             .window_ms = settings->breaker_window_ms,
                             .trial_ms = settings->breaker_trial_ms },
        }, count_callee);
}
