/* How many do something at a time, and how many may wait for it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "pg/batch.h"

typedef struct PgLane PgLane;

typedef struct PgLaneLimits {
        size_t n_places; /* at least 1 */
        size_t n_waiting;
        int64_t wait_ms; /* for a place; no longer than the caller's deadline in any case */
} PgLaneLimits;

PgLane *pg_lane_new(PgLaneLimits limits);
void pg_lane_free(PgLane *lane);

/*
 * Takes a place; the caller leaves it.
 *
 * errors     UNAVAILABLE: none became free in time, or too many wait
 */
const Error *pg_lane_enter(PgLane *lane, Ctx *ctx) MUST_CHECK;
void pg_lane_leave(PgLane *lane);

/* A pool's, of those who were refused together with others, and run alone. */
PgLane *pg_pool_lane_alone(PgPool *pool);

/* A pool's, of those who wait for what somebody else holds. */
PgLane *pg_pool_lane_patient(PgPool *pool);
