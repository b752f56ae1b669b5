/*
 * Whose call runs when: between the edges, which know who calls what, and the handlers, which hold a worker.
 *
 * - Of the workers an eighth never runs calls from outside: it is for calls that other services wait for
 *   (methods that are `inner`), for finding out who calls, and so for saying no.
 * - One method takes three quarters of the workers at most.
 * - One caller from outside runs n_caller_calls at a time; up to n_caller_waiting more wait, without a
 *   worker, and further ones are refused. What a service calls on behalf of somebody was counted where it
 *   came in.
 *
 * A call whose Idempotency-Key another call works on waits beside all this (rpc/parking.h).
 *
 * Those who wait are served in turn: one call of each caller, the oldest that can run.
 */
#pragma once

#include "base/workers.h"
#include "rpc/method.h"

typedef struct AdmissionLimits {
        size_t n_method_calls;   /* 0: three quarters of the workers */
        size_t n_caller_calls;   /* 0: no limit, and nobody waits for himself */
        size_t n_caller_waiting;
        size_t n_waiting;        /* of all callers */
} AdmissionLimits;

typedef struct Admission Admission;

/* Of n_workers workers, which must outlive it. */
Admission *rpc_admission_new(Workers *workers, size_t n_workers, const AdmissionLimits *limits);
void rpc_admission_free(Admission *admission); /* when nothing runs any more; accepts NULL */

Workers *rpc_admission_workers(Admission *admission);

/* Part of whatever an edge keeps of a call; what it points to lives until run returns. */
typedef struct AdmissionCall AdmissionCall;
struct AdmissionCall {
        const RpcMethod *method;
        const Ctx *ctx; /* who calls, with which key, and until when it waits */
        /*
         * Runs the call on a worker, and may free it: its handler, or, past its deadline, the answer that it
         * is late.
         */
        void (*run)(AdmissionCall *call);
        /* the inside */
        Admission *admission;
        struct AdmittedMethod *admitted_method;
        struct AdmittedCaller *admitted_caller;
        AdmissionCall *next;
};

/*
 * On a worker: runs the call, at once or on another worker when its turn comes; it may be gone when this
 * returns.
 *
 * errors     TOO_MANY_CALLS, OVERLOADED: it will not be run
 */
const Error *rpc_admission_run(Admission *admission, Arena *arena, AdmissionCall *call) MUST_CHECK;

/*
 * What an edge asks with what an admitted call came to, before it answers: true when the call waits for the
 * first one with its key (rpc/parking.h). It is run again then, and is not the edge's any more.
 */
bool rpc_admission_parks(AdmissionCall *call, const Error *error) MUST_CHECK;

/* Before the process ends: nobody waits for a key any more. */
void rpc_admission_close(Admission *admission);

/* Has those run that have waited until their deadline; called now and then. */
void rpc_admission_end_late(Admission *admission);

/* Calls that wait now. */
size_t rpc_admission_waiting(Admission *admission);

/* What is refused because no worker will be free soon. */
const Error *rpc_admission_overloaded(Arena *arena);
