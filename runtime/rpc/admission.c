#include "rpc/admission.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/memory.h"
#include "base/str.h"
#include "rpc/parking.h"

#define OVERLOADED_RETRY_MS 100
#define TOO_MANY_RETRY_MS 1000
#define CALLER_SETS 1024
#define METHOD_SETS 64

/* A method that was called before. */
typedef struct AdmittedMethod {
        const RpcMethod *method;
        size_t n_running;
        struct AdmittedMethod *next; /* of its set */
} AdmittedMethod;

/* A caller with calls that run or wait. */
typedef struct AdmittedCaller {
        char *id;
        size_t n_running;
        size_t n_waiting;
        AdmissionCall *first, *last; /* those that wait */
        struct AdmittedCaller *next; /* of its set */
        List turn;                   /* among the callers who have calls that wait */
} AdmittedCaller;

struct Admission {
        Workers *workers;
        Parking *parking;
        AdmissionLimits limits;
        size_t n_outer_calls;
        pthread_mutex_t lock;
        size_t n_outer; /* that run */
        size_t n_waiting;
        List turns; /* of the callers who have calls that wait */
        AdmittedMethod *methods[METHOD_SETS];
        AdmittedCaller *callers[CALLER_SETS];
};

Admission *rpc_admission_new(Workers *workers, size_t n_workers, const AdmissionLimits *limits) {
        Admission *admission = MEMORY_NEW(Admission);

        admission->workers = workers;
        admission->parking = rpc_parking_new(workers);
        admission->limits = *limits;
        if (limits->n_method_calls == 0)
                admission->limits.n_method_calls = (n_workers * 3 + 3) / 4;
        admission->n_outer_calls = n_workers - workers_kept(n_workers);
        pthread_mutex_init(&admission->lock, NULL);
        list_init(&admission->turns);
        return admission;
}

void rpc_admission_free(Admission *admission) {
        if (!admission)
                return;
        rpc_parking_free(admission->parking);
        for (size_t i = 0; i < METHOD_SETS; i++)
                while (admission->methods[i]) {
                        AdmittedMethod *method = admission->methods[i];

                        admission->methods[i] = method->next;
                        free(method);
                }
        pthread_mutex_destroy(&admission->lock);
        free(admission);
}

Workers *rpc_admission_workers(Admission *admission) {
        return admission->workers;
}

/* ---- methods and callers; all under the lock ---- */

static AdmittedMethod *find_method(Admission *admission, const RpcMethod *method) {
        AdmittedMethod **set = &admission->methods[(uintptr_t) method / sizeof(RpcMethod) % METHOD_SETS];

        for (AdmittedMethod *known = *set; known; known = known->next)
                if (known->method == method)
                        return known;
        AdmittedMethod *added = MEMORY_NEW(AdmittedMethod);
        *added = (AdmittedMethod) { .method = method, .next = *set };
        return *set = added;
}

static AdmittedCaller **set_of(Admission *admission, const char *id) {
        return &admission->callers[hash_bytes(HASH_START, id, strlen(id)) % CALLER_SETS];
}

static AdmittedCaller *find_caller(Admission *admission, const char *id) {
        AdmittedCaller **set = set_of(admission, id);

        for (AdmittedCaller *known = *set; known; known = known->next)
                if (strcmp(known->id, id) == 0)
                        return known;
        AdmittedCaller *added = MEMORY_NEW(AdmittedCaller);
        *added = (AdmittedCaller) { .id = memory_strdup(id), .next = *set };
        return *set = added;
}

static void forget_if_idle(Admission *admission, AdmittedCaller *caller) {
        AdmittedCaller **at = set_of(admission, caller->id);

        if (caller->n_running > 0 || caller->n_waiting > 0)
                return;
        while (*at != caller)
                at = &(*at)->next;
        *at = caller->next;
        free(caller->id);
        free(caller);
}

/* ---- who runs; all under the lock ---- */

/* It came from outside, and nobody has counted it yet; who does not say who he is is nobody in particular. */
static bool counts_for_caller(const Admission *admission, const AdmissionCall *call) {
        return admission->limits.n_caller_calls > 0 && !call->ctx->caller->service &&
               !str_is_empty(call->ctx->caller->id);
}

static bool is_outer(const AdmissionCall *call) {
        return !call->method->inner || !call->ctx->caller->service;
}

static bool has_room(const Admission *admission, const AdmissionCall *call) {
        if (is_outer(call) && admission->n_outer >= admission->n_outer_calls)
                return false;
        if (call->admitted_method->n_running >= admission->limits.n_method_calls)
                return false;
        return !counts_for_caller(admission, call) ||
               call->admitted_caller->n_running < admission->limits.n_caller_calls;
}

static void begin(Admission *admission, AdmissionCall *call) {
        admission->n_outer += is_outer(call);
        call->admitted_method->n_running++;
        call->admitted_caller->n_running++;
}

/* ---- who waits; all under the lock ---- */

static void wait_in_line(Admission *admission, AdmissionCall *call) {
        AdmittedCaller *caller = call->admitted_caller;

        call->next = NULL;
        if (caller->last)
                caller->last->next = call;
        else
                caller->first = call;
        caller->last = call;
        if (caller->n_waiting++ == 0)
                list_append(&admission->turns, &caller->turn);
        admission->n_waiting++;
}

/* Takes the call behind previous (NULL: the first) out of its caller's line; his next waits for his turn. */
static AdmissionCall *take_out(Admission *admission, AdmittedCaller *caller, AdmissionCall *previous) {
        AdmissionCall **at = previous ? &previous->next : &caller->first;
        AdmissionCall *call = *at;

        *at = call->next;
        if (caller->last == call)
                caller->last = previous;
        admission->n_waiting--;
        list_remove(&caller->turn);
        if (--caller->n_waiting > 0)
                list_append(&admission->turns, &caller->turn);
        call->next = NULL;
        return call;
}

static AdmissionCall *begin_one_of(Admission *admission, AdmittedCaller *caller) {
        AdmissionCall *previous = NULL;

        for (AdmissionCall *call = caller->first; call; previous = call, call = call->next)
                if (has_room(admission, call)) {
                        take_out(admission, caller, previous);
                        begin(admission, call);
                        return call;
                }
        return NULL;
}

static AdmissionCall *begin_next(Admission *admission) {
        LIST_FOR_EACH(AdmittedCaller, caller, &admission->turns, turn) {
                AdmissionCall *call = begin_one_of(admission, caller);

                if (call)
                        return call;
        }
        return NULL;
}

/*
 * The end of one call gives room to two at most: one more of its method, and one more of its caller's. The
 * second is only looked for where there can be one.
 */
static AdmissionCall *begin_those_with_room(Admission *admission, const AdmittedMethod *method,
                                            AdmittedCaller *caller) {
        AdmissionCall *first = begin_next(admission);

        if (!first)
                return NULL;
        first->next = begin_one_of(admission, caller);
        if (!first->next && method->n_running < admission->limits.n_method_calls)
                first->next = begin_next(admission);
        return first;
}

static AdmissionCall *end(Admission *admission, AdmittedMethod *method, AdmittedCaller *caller, bool outer) {
        pthread_mutex_lock(&admission->lock);
        admission->n_outer -= outer;
        method->n_running--;
        caller->n_running--;
        AdmissionCall *next = begin_those_with_room(admission, method, caller);
        forget_if_idle(admission, caller);
        pthread_mutex_unlock(&admission->lock);
        return next;
}

/* ---- running ---- */

static void run_begun(void *job);

/* What no other worker takes is run by this one, later. */
static AdmissionCall *share(AdmissionCall *begun, AdmissionCall *mine) {
        AdmissionCall *second = begun ? begun->next : NULL;

        if (!begun)
                return mine;
        if (second && workers_submit(second->admission->workers, run_begun, second))
                second = NULL;
        if (second)
                second->next = mine;
        begun->next = second ? second : mine;
        return begun;
}

/* One call after the other, as long as there is one that has its turn when another ends. */
static void run_begun(void *job) {
        AdmissionCall *call = job;

        for (AdmissionCall *mine = NULL; call; call = mine) {
                Admission *admission = call->admission;
                AdmittedMethod *method = call->admitted_method;
                AdmittedCaller *caller = call->admitted_caller;
                bool outer = is_outer(call);

                mine = call->next;
                call->next = NULL;
                call->run(call);
                mine = share(end(admission, method, caller, outer), mine);
        }
}

const Error *rpc_admission_overloaded(Arena *arena) {
        Error *error = error_new(arena, ERROR_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                                 "All workers are busy; nothing was done");

        error->retry_after_ms = OVERLOADED_RETRY_MS;
        return error;
}

static const Error *too_many(const Admission *admission, Arena *arena) {
        Error *error = error_new(arena, ERROR_RESOURCE_EXHAUSTED, REASON_TOO_MANY_CALLS,
                                 "Only %zu calls of one caller run at a time, and %zu more wait",
                                 admission->limits.n_caller_calls, admission->limits.n_caller_waiting);

        error->retry_after_ms = TOO_MANY_RETRY_MS;
        return error;
}

static const Error *check_waiting(const Admission *admission, Arena *arena, const AdmissionCall *call) {
        if (counts_for_caller(admission, call) &&
            call->admitted_caller->n_waiting >= admission->limits.n_caller_waiting)
                return too_many(admission, arena);
        return admission->n_waiting >= admission->limits.n_waiting ? rpc_admission_overloaded(arena) : NULL;
}

const Error *rpc_admission_run(Admission *admission, Arena *arena, AdmissionCall *call) {
        const Error *error = NULL;

        pthread_mutex_lock(&admission->lock);
        call->admission = admission;
        call->next = NULL;
        call->admitted_method = find_method(admission, call->method);
        call->admitted_caller = find_caller(admission, call->ctx->caller->id);
        bool begins = has_room(admission, call);
        if (begins)
                begin(admission, call);
        else if (!(error = check_waiting(admission, arena, call)))
                wait_in_line(admission, call);
        else
                forget_if_idle(admission, call->admitted_caller);
        pthread_mutex_unlock(&admission->lock);
        if (begins)
                run_begun(call);
        return error;
}

bool rpc_admission_parks(AdmissionCall *call, const Error *error) {
        return call->admission && rpc_parking_takes(call->admission->parking, call, error);
}

void rpc_admission_close(Admission *admission) {
        rpc_parking_close(admission->parking);
}

/* ---- what waits too long ---- */

static void run_late(void *job) {
        AdmissionCall *call = job;

        call->run(call);
}

/* Under the lock: takes out the late calls of one caller, and adds them to a list. */
static AdmissionCall *take_late_of(Admission *admission, AdmittedCaller *caller, int64_t now_us,
                                   AdmissionCall *late) {
        AdmissionCall *previous = NULL, *next;

        for (AdmissionCall *call = caller->first; call; call = next) {
                next = call->next;
                if (call->ctx->deadline_us > now_us) {
                        previous = call;
                        continue;
                }
                take_out(admission, caller, previous);
                call->next = late;
                late = call;
        }
        return late;
}

/* Who still waits after his late calls are out stands last, and is looked at once more, for nothing. */
static AdmissionCall *take_late(Admission *admission) {
        AdmissionCall *late = NULL;
        int64_t now_us = clock_monotonic_us();

        LIST_FOR_EACH(AdmittedCaller, caller, &admission->turns, turn) {
                late = take_late_of(admission, caller, now_us, late);
                forget_if_idle(admission, caller);
        }
        return late;
}

void rpc_admission_end_late(Admission *admission) {
        pthread_mutex_lock(&admission->lock);
        AdmissionCall *late = take_late(admission);
        pthread_mutex_unlock(&admission->lock);
        while (late) {
                AdmissionCall *call = late;

                late = call->next;
                if (!workers_submit(admission->workers, run_late, call))
                        call->run(call);
        }
}

size_t rpc_admission_waiting(Admission *admission) {
        pthread_mutex_lock(&admission->lock);
        size_t n_waiting = admission->n_waiting;
        pthread_mutex_unlock(&admission->lock);
        return n_waiting;
}
