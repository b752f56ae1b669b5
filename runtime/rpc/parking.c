#include "rpc/parking.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/monitor.h"
#include "base/str.h"

/* The first call may be another process's, so that nobody says when it ends. */
#define LOOK_INTERVAL_MS 1000

/* Time that is kept to say that the first call is still under way. */
#define LAST_WORD_MS 200

#define NOT_DUE INT64_MAX

typedef struct Place {
        AdmissionCall *call; /* NULL: nobody's */
        int64_t due_us;      /* when it runs again, on the monotonic clock; NOT_DUE: it runs */
        Parking *parking;
} Place;

struct Parking {
        Workers *workers;
        Monitor monitor;
        pthread_t thread;
        bool is_closed;
        Place places[PARKING_PLACES];
};

/* ---- places; all under the lock ---- */

static bool is_of_one_key(const AdmissionCall *a, const AdmissionCall *b) {
        return a->method == b->method && str_equal(a->ctx->caller->id, b->ctx->caller->id) &&
               str_equal(a->ctx->idempotency_key, b->ctx->idempotency_key);
}

static Place *place_of(Parking *parking, const AdmissionCall *call) {
        for (size_t i = 0; i < PARKING_PLACES; i++)
                if (parking->places[i].call == call)
                        return &parking->places[i];
        return NULL;
}

/* NULL when another call waits for the key already, or as many as may wait for others. */
static Place *free_place(Parking *parking, const AdmissionCall *call) {
        for (size_t i = 0; i < PARKING_PLACES; i++)
                if (parking->places[i].call && is_of_one_key(parking->places[i].call, call))
                        return NULL;
        return place_of(parking, NULL);
}

static bool has_time(const AdmissionCall *call) {
        return ctx_remaining_ms(call->ctx) > LAST_WORD_MS;
}

static int64_t next_look_us(const AdmissionCall *call) {
        int64_t look_us = clock_monotonic_us() + LOOK_INTERVAL_MS * US_PER_MS;
        int64_t last_us = call->ctx->deadline_us - LAST_WORD_MS * US_PER_MS;

        return look_us < last_us ? look_us : last_us;
}

static bool park(Parking *parking, AdmissionCall *call) {
        Place *place = place_of(parking, call);

        if (!place)
                place = free_place(parking, call);
        if (!place || parking->is_closed || !has_time(call))
                return false;
        *place = (Place) { call, next_look_us(call), parking };
        return true;
}

/* Has those look again that wait for the key of a call; all when that is NULL. False: there are none. */
static bool make_due(Parking *parking, const AdmissionCall *key_of) {
        bool has_any = false;

        for (size_t i = 0; i < PARKING_PLACES; i++) {
                Place *place = &parking->places[i];

                if (!place->call || place->due_us == NOT_DUE)
                        continue;
                if (key_of && !is_of_one_key(place->call, key_of))
                        continue;
                place->due_us = 0;
                has_any = true;
        }
        return has_any;
}

/* Who is told that the first call is under way knows nothing new for those who wait. */
static bool leave(Parking *parking, const AdmissionCall *call, bool is_told) {
        Place *place = place_of(parking, call);

        if (place)
                place->call = NULL;
        return !is_told && make_due(parking, call);
}

/* ---- running again ---- */

/* Who finds no room has waited so long that it waits on; when everybody ends, it needs none. */
static void run_again(void *job) {
        Place *place = job;
        Parking *parking = place->parking;
        AdmissionCall *call = place->call;

        if (!rpc_admission_run(call->admission, call->ctx->arena, call))
                return;
        monitor_lock(&parking->monitor);
        bool waits = park(parking, call);
        monitor_unlock(&parking->monitor);
        if (!waits)
                call->run(call);
}

/* Under the lock: has those run that are due, and returns when the next one is. */
static int64_t run_due(Parking *parking) {
        int64_t now_us = clock_monotonic_us(), next_us = NOT_DUE;

        for (size_t i = 0; i < PARKING_PLACES; i++) {
                Place *place = &parking->places[i];

                if (!place->call)
                        continue;
                if (place->due_us <= now_us)
                        place->due_us = workers_submit(parking->workers, run_again, place)
                                                ? NOT_DUE
                                                : now_us + LOOK_INTERVAL_MS * US_PER_MS;
                if (place->due_us < next_us)
                        next_us = place->due_us;
        }
        return next_us;
}

static void *watch(void *arg) {
        Parking *parking = arg;
        int64_t next_us;

        monitor_lock(&parking->monitor);
        while ((next_us = run_due(parking)) != NOT_DUE || !parking->is_closed)
                monitor_wait(&parking->monitor, next_us);
        monitor_unlock(&parking->monitor);
        return NULL;
}

/* ---- from outside ---- */

Parking *rpc_parking_new(Workers *workers) {
        Parking *parking = MEMORY_NEW(Parking);

        parking->workers = workers;
        monitor_init(&parking->monitor);
        if (pthread_create(&parking->thread, NULL, watch, parking) != 0)
                abort();
        pthread_setname_np(parking->thread, "parking");
        return parking;
}

void rpc_parking_close(Parking *parking) {
        if (parking->is_closed)
                return;
        monitor_lock(&parking->monitor);
        parking->is_closed = true;
        make_due(parking, NULL);
        monitor_signal(&parking->monitor);
        monitor_unlock(&parking->monitor);
        pthread_join(parking->thread, NULL);
}

void rpc_parking_free(Parking *parking) {
        rpc_parking_close(parking);
        monitor_destroy(&parking->monitor);
        free(parking);
}

bool rpc_parking_takes(Parking *parking, AdmissionCall *call, const Error *error) {
        if (!call->ctx->idempotency_key || call->ctx->caller->service)
                return false;
        monitor_lock(&parking->monitor);
        bool is_told = error_is(error, REASON_IDEMPOTENCY_IN_FLIGHT);
        bool waits = is_told && park(parking, call);
        if (waits || leave(parking, call, is_told))
                monitor_signal(&parking->monitor);
        monitor_unlock(&parking->monitor);
        return waits;
}
