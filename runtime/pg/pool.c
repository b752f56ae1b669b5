#include "pg/pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/monitor.h"
#include "pg/batch.h"
#include "pg/combine_private.h"
#include "pg/lane_private.h"
#include "pg/pool_private.h"

#define BACKOFF_FIRST_MS 50
#define BACKOFF_MAX_MS 1000

/* Who runs alone waits in turn, and gives up before its client does. */
#define ALONE_WAIT_MS 5000

/* More than these a place wait for no lock, so that they hold no workers; nor do these wait longer. */
#define PATIENT_WAITING_PER_PLACE 8
#define PATIENT_WAIT_MS PG_LOCK_TIMEOUT_MS

struct PgPool {
        PgPoolConfig config;
        Monitor monitor;  /* over all below */
        PgSession **idle; /* a stack: the session that worked last is the warmest */
        size_t n_idle;
        size_t n_open; /* idle, in use, or being connected */
        size_t n_connecting; /* 0 or 1 */
        size_t n_waiting;
        int64_t backoff_ms; /* 0: the last attempt to connect succeeded */
        int64_t retry_at_us;
        const Error *problem; /* of the last attempt that failed; lives in problem_arena */
        Arena *problem_arena;
        PgCombiner *combiner;
        PgLane *alone, *patient;
};

/* A part of the sessions: the others stay free for whoever meets no lock. */
static size_t at_least_one(size_t n) {
        return n > 0 ? n : 1;
}

static void open_lanes(PgPool *pool) {
        size_t n_alone = at_least_one(pool->config.n_connections / 2);
        size_t n_patient = at_least_one(pool->config.n_connections / 4);

        pool->combiner = pg_combiner_new(n_alone);
        pool->alone = pg_lane_new((PgLaneLimits) { n_alone, SIZE_MAX, ALONE_WAIT_MS });
        pool->patient = pg_lane_new((PgLaneLimits) {
                .n_places = n_patient,
                .n_waiting = n_patient * PATIENT_WAITING_PER_PLACE,
                .wait_ms = PATIENT_WAIT_MS,
        });
}

PgPool *pg_pool_new(const PgPoolConfig *config) {
        PgPool *pool = MEMORY_NEW(PgPool);

        pool->config = *config;
        pool->config.dsn = memory_strdup(config->dsn);
        pool->idle = MEMORY_ARRAY(PgSession *, config->n_connections);
        pool->problem_arena = arena_new();
        open_lanes(pool);
        monitor_init(&pool->monitor);
        return pool;
}

void pg_pool_free(PgPool *pool) {
        if (!pool)
                return;
        while (pool->n_idle > 0)
                pg_session_close(pool->idle[--pool->n_idle]);
        monitor_destroy(&pool->monitor);
        arena_free(pool->problem_arena);
        pg_combiner_free(pool->combiner);
        pg_lane_free(pool->alone);
        pg_lane_free(pool->patient);
        free(pool->idle);
        free((char *) pool->config.dsn);
        free(pool);
}

const PgPoolConfig *pg_pool_config(const PgPool *pool) {
        return &pool->config;
}

PgCombiner *pg_pool_combiner(PgPool *pool) {
        return pool->combiner;
}

PgLane *pg_pool_lane_alone(PgPool *pool) {
        return pool->alone;
}

PgLane *pg_pool_lane_patient(PgPool *pool) {
        return pool->patient;
}

/* False when the deadline came first. */
static bool wait_for_change(PgPool *pool, int64_t deadline_us) {
        pool->n_waiting++;
        bool was_in_time = monitor_wait(&pool->monitor, deadline_us);
        pool->n_waiting--;
        return was_in_time;
}

/*
 * One at a time: when everybody asks at once, as at the start, most are served by a session that comes back
 * before one of their own would be there. While the server is away, with pauses.
 */
static bool may_connect(const PgPool *pool) {
        if (pool->n_open == pool->config.n_connections || pool->n_connecting > 0)
                return false;
        return pool->backoff_ms == 0 || clock_monotonic_us() >= pool->retry_at_us;
}

/*
 * Sessions that work may come back; attempts to connect to a server that was away a moment ago do not count.
 */
static bool is_worth_waiting(const PgPool *pool) {
        return pool->backoff_ms == 0 || pool->n_open > pool->n_connecting;
}

/* With the lock held: takes an idle session, or a place for a new one (NULL). First come, first served. */
static const Error *take_place(PgPool *pool, Ctx *ctx, PgSession **ret_session) {
        size_t n_before = pool->n_waiting;

        while (pool->n_idle <= n_before && !may_connect(pool)) {
                if (!is_worth_waiting(pool))
                        return error_copy(ctx->arena, pool->problem);
                bool was_in_time = wait_for_change(pool, ctx->deadline_us);
                if (!was_in_time && pool->n_idle == 0)
                        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                         "No database session became free in time");
                n_before = 0;
        }
        if (pool->n_idle > 0) {
                *ret_session = pool->idle[--pool->n_idle];
                return NULL;
        }
        pool->n_open++;
        pool->n_connecting++;
        *ret_session = NULL;
        return NULL;
}

static void back_off(PgPool *pool, const Error *error) {
        int64_t longer_ms = pool->backoff_ms ? pool->backoff_ms * 2 : BACKOFF_FIRST_MS;
        pool->backoff_ms = longer_ms < BACKOFF_MAX_MS ? longer_ms : BACKOFF_MAX_MS;
        pool->retry_at_us = clock_monotonic_us() + pool->backoff_ms * 1000;
        arena_reset(pool->problem_arena);
        pool->problem = error_copy(pool->problem_arena, error);
}

/* An attempt that was cut short by its caller's own deadline says nothing about the server. */
static void note_attempt(PgPool *pool, const Ctx *ctx, const Error *error) {
        monitor_lock(&pool->monitor);
        pool->n_connecting--;
        if (!error)
                pool->backoff_ms = 0;
        else
                pool->n_open--;
        if (error && ctx_remaining_ms(ctx) > 0)
                back_off(pool, error);
        monitor_broadcast(&pool->monitor);
        monitor_unlock(&pool->monitor);
}

/*
 * Makes the server's process keep the memory that its statements need. Otherwise glibc gives the end of the
 * heap back to the kernel as soon as 128 KB of it are free, and each statement takes it again, page by page.
 * The limit grows to twice the largest block that was mapped and freed, which is this one.
 */
static const char sql_keep_memory[] = "SELECT octet_length(repeat(repeat(' ', 1024), 1024))";

/* A server that falls silent here is as good as one that takes no connection. */
static const Error *open_session(PgPool *pool, Ctx *ctx, PgSession **ret_session) {
        Ctx connecting = *ctx;
        PgSession *session;
        const PGresult *result;

        ctx_limit(&connecting, pg_session_connect_timeout_ms(&pool->config));
        TRY(pg_session_open(&pool->config, &connecting, &session));
        const Error *error = pg_session_query(session, &connecting, sql_keep_memory, 0, NULL, &result);
        if (error) {
                pg_session_abandon(session);
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error,
                                  "The database is not available");
        }
        PQenterPipelineMode(session->conn);
        *ret_session = session;
        return NULL;
}

const Error *pg_pool_acquire(PgPool *pool, Ctx *ctx, PgSession **ret_session) {
        for (;;) {
                PgSession *session = NULL;

                monitor_lock(&pool->monitor);
                const Error *error = take_place(pool, ctx, &session);
                monitor_unlock(&pool->monitor);
                TRY(error);
                if (!session) {
                        error = open_session(pool, ctx, ret_session);
                        note_attempt(pool, ctx, error);
                        return error;
                }
                if (pg_session_is_quiet(session)) {
                        *ret_session = session;
                        return NULL;
                }
                pg_pool_discard(pool, session);
        }
}

/* With the lock held: the session that was not needed for too long, the caller's then; or NULL. */
static PgSession *take_unneeded(PgPool *pool, int64_t now_us) {
        PgSession *coldest = pool->idle[0];

        if (pool->config.idle_session_ms == 0 ||
            now_us - coldest->idle_since_us < pool->config.idle_session_ms * 1000)
                return NULL;
        memmove(pool->idle, pool->idle + 1, --pool->n_idle * sizeof(PgSession *));
        pool->n_open--;
        return coldest;
}

void pg_pool_release(PgPool *pool, PgSession *session) {
        int64_t now_us = clock_monotonic_us();

        session->idle_since_us = now_us;
        monitor_lock(&pool->monitor);
        pool->idle[pool->n_idle++] = session;
        PgSession *unneeded = take_unneeded(pool, now_us);
        monitor_signal(&pool->monitor);
        monitor_unlock(&pool->monitor);
        if (unneeded)
                pg_session_close(unneeded);
}

/* Everybody is woken: with the last session gone there may be nothing left to wait for. */
void pg_pool_discard(PgPool *pool, PgSession *session) {
        pg_session_abandon(session);
        monitor_lock(&pool->monitor);
        pool->n_open--;
        monitor_broadcast(&pool->monitor);
        monitor_unlock(&pool->monitor);
}

static const PgStatement sql_ping = PG_READ("SELECT 1");

const Error *pg_pool_ping(PgPool *pool, Ctx *ctx) {
        const PgRows *rows;
        const Error *error = pg_run(pool, ctx, &sql_ping, PG_NO_ARGS, &rows);

        if (error)
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error,
                                  "The database does not answer");
        return NULL;
}
