#include "pg/batch.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"
#include "pg/args.h"
#include "pg/batch_private.h"
#include "pg/failure.h"
#include "pg/pool_private.h"
#include "pg/rows_private.h"

#define FIRST_STEPS 8
#define RETRIES_MAX 3
#define RETRY_PAUSE_MS 10

struct PgBatch {
        PgPool *pool;
        Ctx *ctx;
        PgStep *steps;
        size_t n_steps;
        size_t size_steps;
        bool writes;
        PgRows *rows;            /* one per step, after success */
        const char *constraint;  /* that the run failed at, or NULL */
        const Error *refusal;
};

PgBatch *pg_batch_new(PgPool *pool, Ctx *ctx) {
        PgBatch *batch = ARENA_NEW(ctx->arena, PgBatch);

        batch->pool = pool;
        batch->ctx = ctx;
        return batch;
}

Ctx *pg_batch_ctx(const PgBatch *batch) {
        return batch->ctx;
}

void pg_batch_refuse(PgBatch *batch, const Error *error) {
        if (!batch->refusal)
                batch->refusal = error;
}

size_t pg_batch_add(PgBatch *batch, const PgStatement *statement, PgArgs args) {
        if (batch->n_steps == batch->size_steps) {
                size_t size = batch->size_steps ? batch->size_steps * 2 : FIRST_STEPS;
                PgStep *steps = ARENA_ARRAY(batch->ctx->arena, PgStep, size);

                for (size_t i = 0; i < batch->n_steps; i++)
                        steps[i] = batch->steps[i];
                batch->steps = steps;
                batch->size_steps = size;
        }
        batch->steps[batch->n_steps] = pg_step_new(batch->ctx->arena, statement, args);
        batch->writes |= statement->writes;
        return batch->n_steps++;
}

/* The server ends each statement by itself; this ends the wait for a server that has stopped altogether. */
static int64_t deadline_of(const PgBatch *batch) {
        int64_t statement_ms = pg_pool_config(batch->pool)->statement_timeout_ms;

        if (statement_ms == 0)
                return batch->ctx->deadline_us;
        int64_t limit_us = clock_monotonic_us() + (int64_t) (batch->n_steps + 1) * statement_ms * 1000;
        return limit_us < batch->ctx->deadline_us ? limit_us : batch->ctx->deadline_us;
}

static const char *sql_of(const PgBatch *batch, size_t step) {
        return step < batch->n_steps ? batch->steps[step].statement->sql : "COMMIT";
}

static const Error *broken_error(const PgBatch *batch, const PgOutcome *outcome, const Error *cause) {
        Arena *arena = batch->ctx->arena;

        if (batch->writes && outcome->may_have_committed)
                return error_wrap(arena, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, cause,
                                  "The database did not confirm the change: it is done or not done");
        if (outcome->link == PG_WAIT_LATE)
                return error_wrap(arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, cause,
                                  "The database took too long");
        return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause, "The connection to the database was lost");
}

static const Error *outcome_error(PgBatch *batch, const PgOutcome *outcome, const PgSession *session) {
        Arena *arena = batch->ctx->arena;

        if (outcome->is_committed)
                return NULL;
        if (!outcome->failed && outcome->link == PG_WAIT_LATE)
                return broken_error(batch, outcome, NULL);
        if (!outcome->failed)
                return broken_error(batch, outcome,
                                    error_internal(arena, NULL, "%s", pg_failure_text(arena, session->conn)));
        const char *sql = sql_of(batch, outcome->failed_step);
        const Error *error = pg_failure_error(arena, outcome->failed, sql);
        if (pg_failure_of(outcome->failed) == PG_FAILURE_LINK)
                return broken_error(batch, outcome, error);
        batch->constraint = arena_strdup(arena, PQresultErrorField(outcome->failed, PG_DIAG_CONSTRAINT_NAME));
        return error;
}

static void clear_results(PGresult **results, size_t n) {
        for (size_t i = 0; i < n; i++) {
                PQclear(results[i]);
                results[i] = NULL;
        }
}

/* After a change of the schema the session's plans are forgotten; the same session can go on at once. */
static PgOutcome run_on(PgBatch *batch, PgSession *session, PGresult **results) {
        PgOutcome outcome = pg_pipeline_run(session, batch->steps, batch->n_steps, deadline_of(batch), results);

        if (outcome.link == PG_WAIT_READY && outcome.failed &&
            pg_failure_of(outcome.failed) == PG_FAILURE_STALE_PLAN) {
                PQclear(outcome.failed);
                clear_results(results, batch->n_steps);
                pg_prepared_forget(&session->prepared);
                outcome = pg_pipeline_run(session, batch->steps, batch->n_steps, deadline_of(batch), results);
        }
        return outcome;
}

static bool is_reusable(const PgOutcome *outcome) {
        return outcome->link == PG_WAIT_READY &&
               !(outcome->failed && pg_failure_of(outcome->failed) == PG_FAILURE_READ_ONLY);
}

static const Error *attempt(PgBatch *batch, PGresult **results, bool *ret_again) {
        PgSession *session;

        *ret_again = false;
        TRY(pg_pool_acquire(batch->pool, batch->ctx, &session));
        PgOutcome outcome = run_on(batch, session, results);
        const Error *error = outcome_error(batch, &outcome, session);
        if (is_reusable(&outcome))
                pg_pool_release(batch->pool, session);
        else
                pg_pool_discard(batch->pool, session);
        *ret_again = outcome.failed && pg_failure_of(outcome.failed) == PG_FAILURE_CONFLICT;
        PQclear(outcome.failed);
        if (error)
                clear_results(results, batch->n_steps);
        return error;
}

/* Those that met are spread, so that they do not meet again. False when the deadline is nearer than that. */
static bool pause_before_retry(const Ctx *ctx, int n_retries) {
        int64_t limit_us = (INT64_C(1) << n_retries) * RETRY_PAUSE_MS * 1000;
        uint32_t random;

        if (getrandom(&random, sizeof(random), 0) != sizeof(random))
                abort();
        int64_t pause_us = (int64_t) (random % (uint64_t) limit_us);
        if (ctx_remaining_ms(ctx) <= pause_us / 1000)
                return false;
        struct timespec pause = { .tv_sec = pause_us / 1000000, .tv_nsec = pause_us % 1000000 * 1000 };
        nanosleep(&pause, NULL);
        return true;
}

static void release_rows(void *pointer) {
        PgBatch *batch = pointer;

        for (size_t i = 0; i < batch->n_steps; i++)
                PQclear(batch->rows[i].result);
}

static void keep_rows(PgBatch *batch, PGresult **results) {
        batch->rows = ARENA_ARRAY(batch->ctx->arena, PgRows, batch->n_steps);
        for (size_t i = 0; i < batch->n_steps; i++)
                batch->rows[i] = (PgRows) { .arena = batch->ctx->arena, .result = results[i] };
        arena_defer(batch->ctx->arena, release_rows, batch);
}

const Error *pg_batch_run(PgBatch *batch) {
        PGresult **results = ARENA_ARRAY(batch->ctx->arena, PGresult *, batch->n_steps);
        const Error *error;
        bool again;
        int n_retries = 0;

        TRY(batch->refusal);
        do {
                TRY(ctx_check(batch->ctx));
                error = attempt(batch, results, &again);
        } while (error && again && n_retries < RETRIES_MAX && pause_before_retry(batch->ctx, n_retries++));
        TRY(error);
        keep_rows(batch, results);
        return NULL;
}

const PgRows *pg_batch_rows(const PgBatch *batch, size_t index) {
        return &batch->rows[index];
}

bool pg_batch_violates(const PgBatch *batch, const char *constraint) {
        return batch->constraint && str_equal(batch->constraint, constraint);
}

const Error *pg_run(PgPool *pool, Ctx *ctx, const PgStatement *statement, PgArgs args, const PgRows **ret_rows) {
        PgBatch *batch = pg_batch_new(pool, ctx);

        pg_batch_add(batch, statement, args);
        TRY(pg_batch_run(batch));
        if (ret_rows)
                *ret_rows = pg_batch_rows(batch, 0);
        return NULL;
}
