#include "pg/lane_private.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/monitor.h"
#include "pg/failure_private.h"

struct PgLane {
        PgLaneLimits limits;
        Monitor monitor; /* over all below */
        size_t n_inside;
        size_t n_waiting;
};

PgLane *pg_lane_new(PgLaneLimits limits) {
        PgLane *lane = MEMORY_NEW(PgLane);

        lane->limits = limits;
        monitor_init(&lane->monitor);
        return lane;
}

void pg_lane_free(PgLane *lane) {
        monitor_destroy(&lane->monitor);
        free(lane);
}

static bool is_full(const PgLane *lane) {
        return lane->n_inside == lane->limits.n_places;
}

/* With the lock held: false when no place became free in time. */
static bool wait_for_place(PgLane *lane, int64_t until_us) {
        bool is_in_time = lane->n_waiting < lane->limits.n_waiting;

        lane->n_waiting++;
        while (is_full(lane) && is_in_time)
                is_in_time = monitor_wait(&lane->monitor, until_us);
        lane->n_waiting--;
        return !is_full(lane);
}

const Error *pg_lane_enter(PgLane *lane, Ctx *ctx) {
        Ctx limited = *ctx;

        ctx_limit(&limited, lane->limits.wait_ms);
        monitor_lock(&lane->monitor);
        bool has_place = !is_full(lane) || wait_for_place(lane, limited.deadline_us);
        lane->n_inside += has_place;
        monitor_unlock(&lane->monitor);
        return has_place ? NULL : pg_failure_locked(ctx->arena, NULL);
}

void pg_lane_leave(PgLane *lane) {
        monitor_lock(&lane->monitor);
        lane->n_inside--;
        monitor_signal(&lane->monitor);
        monitor_unlock(&lane->monitor);
}
