/*
 * A service that is called, as its caller protects itself from it: however slow it is, it takes only a share
 * of the caller's workers, and while it fails, calls are refused at once instead of waiting for it. The same
 * for a service in this process as for one over the network.
 *
 *         TRY(callee_begin(client->process, ctx, &call));
 *         const Error *error = payments->process_payment(payments, ctx, request, response);
 *         callee_end(&call, error);
 *
 * Each method has a breaker of its own; UNAVAILABLE and DEADLINE_EXCEEDED are failures, nothing else is. What
 * gives money or stock back is not to be refused, and goes around all this.
 */
#pragma once

#include "base/breaker.h"
#include "base/ctx.h"

typedef struct CalleeLimits {
        size_t n_calls;  /* in flight, of all methods of one callee; more wait, then are refused */
        int64_t wait_ms; /* at most */
        BreakerLimits breaker;
} CalleeLimits;

typedef enum CalleeEvent { CALLEE_OPENED, CALLEE_CLOSED, CALLEE_REFUSED } CalleeEvent;

/*
 * The limits of every callee of the process, and who hears of breakers and refused calls (NULL: nobody).
 * Before the first callee_new; without it, the limits are those that MILLRACE_CALLEE_* have by default.
 */
void callee_init(const CalleeLimits *limits,
                 void (*hear)(const char *callee, const char *method, CalleeEvent event));

typedef struct Callee Callee;
typedef struct CalleeMethod CalleeMethod;

/* Both live in arena, their texts must too. */
Callee *callee_new(Arena *arena, const char *name);
CalleeMethod *callee_method_new(Arena *arena, Callee *callee, const char *name);

typedef struct CalleeCall {
        CalleeMethod *method;
        BreakerVerdict verdict;
} CalleeCall;

/*
 * Before a call; on success callee_end must follow.
 *
 * errors     UNAVAILABLE, with when to try again: nothing was done
 */
const Error *callee_begin(CalleeMethod *method, const Ctx *ctx, CalleeCall *ret_call) MUST_CHECK;

/* error    what the call came to; NULL: it succeeded */
void callee_end(CalleeCall *call, const Error *error);

/* True for an error, of a call or of callee_begin, that says nothing but that the callee does not answer. */
bool callee_is_away(const Error *error);
