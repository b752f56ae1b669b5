#include "base/callee.h"

#include "base/clock.h"
#include "base/monitor.h"

#define BUSY_RETRY_MS 1000

struct CalleeMethod {
        Callee *callee;
        const char *name;
        Breaker breaker;
};

struct Callee {
        const char *name;
        CalleeLimits limits;
        Monitor monitor; /* over it and its methods; signalled when a call has ended */
        size_t n_running;
};

static CalleeLimits process_limits = {
        .n_calls = 32,
        .wait_ms = 1000,
        .breaker = { .n_failures = 5, .window_ms = 60000, .trial_ms = 5000 },
};
static void (*hearer)(const char *callee, const char *method, CalleeEvent event);

void callee_init(const CalleeLimits *limits,
                 void (*hear)(const char *callee, const char *method, CalleeEvent event)) {
        process_limits = *limits;
        hearer = hear;
}

static void tell(const CalleeMethod *method, CalleeEvent event) {
        if (hearer)
                hearer(method->callee->name, method->name, event);
}

static void release(void *callee) {
        monitor_destroy(&((Callee *) callee)->monitor);
}

Callee *callee_new(Arena *arena, const char *name) {
        Callee *callee = ARENA_NEW(arena, Callee);

        callee->name = name;
        callee->limits = process_limits;
        monitor_init(&callee->monitor);
        arena_defer(arena, release, callee);
        return callee;
}

CalleeMethod *callee_method_new(Arena *arena, Callee *callee, const char *name) {
        CalleeMethod *method = ARENA_NEW(arena, CalleeMethod);

        *method = (CalleeMethod) {
                .callee = callee, .name = name, .breaker.limits = callee->limits.breaker
        };
        return method;
}

static const Error *refuse(const CalleeMethod *method, const Ctx *ctx, const char *why) {
        Error *error = error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "The %s service %s",
                                 method->callee->name, why);

        error->retry_after_ms = BUSY_RETRY_MS;
        tell(method, CALLEE_REFUSED);
        return error;
}

/* Under the lock. False when there was none in time. */
static bool take_place(Callee *callee, const Ctx *ctx) {
        int64_t until_us = clock_monotonic_us() + callee->limits.wait_ms * 1000;

        if (until_us > ctx->deadline_us)
                until_us = ctx->deadline_us;
        while (callee->n_running >= callee->limits.n_calls && monitor_wait(&callee->monitor, until_us))
                ;
        bool has_place = callee->n_running < callee->limits.n_calls;
        callee->n_running += has_place;
        return has_place;
}

/* Under the lock. */
static const Error *enter(CalleeMethod *method, const Ctx *ctx, BreakerVerdict *ret_verdict) {
        BreakerVerdict verdict = breaker_ask(&method->breaker, clock_monotonic_us());

        if (verdict == BREAKER_REFUSE)
                return refuse(method, ctx, "does not answer");
        if (!take_place(method->callee, ctx)) {
                if (verdict == BREAKER_TRIAL)
                        breaker_forget_trial(&method->breaker);
                return refuse(method, ctx, "is busy");
        }
        *ret_verdict = verdict;
        return NULL;
}

const Error *callee_begin(CalleeMethod *method, const Ctx *ctx, CalleeCall *ret_call) {
        CalleeCall call = { .method = method };

        monitor_lock(&method->callee->monitor);
        const Error *refused = enter(method, ctx, &call.verdict);
        monitor_unlock(&method->callee->monitor);
        TRY(refused);
        *ret_call = call;
        return NULL;
}

bool callee_is_away(const Error *error) {
        return error && (error->code == ERROR_UNAVAILABLE || error->code == ERROR_DEADLINE_EXCEEDED);
}

void callee_end(CalleeCall *call, const Error *error) {
        Callee *callee = call->method->callee;
        Breaker *breaker = &call->method->breaker;

        monitor_lock(&callee->monitor);
        callee->n_running--;
        if (breaker_judge(breaker, call->verdict, callee_is_away(error), clock_monotonic_us()))
                tell(call->method, breaker->is_open ? CALLEE_OPENED : CALLEE_CLOSED);
        monitor_signal(&callee->monitor);
        monitor_unlock(&callee->monitor);
}
