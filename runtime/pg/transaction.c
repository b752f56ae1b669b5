#include "pg/transaction_private.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "pg/args_private.h"
#include "pg/batch_private.h"
#include "pg/failure_private.h"
#include "pg/pool_private.h"

#define IMPATIENT_LOCK_TIMEOUT "100ms"

/* Nobody's deadline keeps a shared transaction longer, with the wait for its session. */
#define SHARED_MS INT64_C(5000)

/* The results of a transaction, cleared with the last arena that looks at them. */
typedef struct Results {
        atomic_size_t n_owners;
        size_t n;
        PGresult *items[];
} Results;

/* Where a batch's call went. */
typedef struct Place {
        size_t step;
        size_t first; /* of its rows among those of the step, from 1 */
} Place;

typedef struct Transaction {
        PgBatch *const *batches;
        size_t n_batches;
        Ctx ctx; /* of the first batch, with the last deadline of all, or what a shared one may take */
        PgCall *calls;
        size_t n_calls;
        PgStep *steps;
        Place **places; /* per batch and call */
        Results *results;
} Transaction;

/* ---- what is sent ---- */

static const PgStatement sql_be_impatient =
        PG_READ("SELECT set_config('lock_timeout', '" IMPATIENT_LOCK_TIMEOUT "', true)");

static size_t count_calls(PgBatch *const *batches, size_t n) {
        size_t n_calls = 1; /* of our own */

        for (size_t i = 0; i < n; i++)
                n_calls += batches[i]->n_calls;
        return n_calls;
}

static PgCall *find_call(Transaction *transaction, const PgStatement *statement) {
        for (size_t i = 0; statement->takes_rows && i < transaction->n_calls; i++)
                if (transaction->calls[i].statement == statement)
                        return &transaction->calls[i];
        return NULL;
}

static void add_rows(Arena *arena, PgCall *call, const PgCall *more) {
        size_t n_rows = call->n_rows + more->n_rows;

        if (n_rows > call->size_rows) {
                PgArgs *rows = ARENA_ARRAY(arena, PgArgs, 2 * n_rows);

                for (size_t i = 0; i < call->n_rows; i++)
                        rows[i] = call->rows[i];
                call->rows = rows;
                call->size_rows = 2 * n_rows;
        }
        for (size_t i = 0; i < more->n_rows; i++)
                call->rows[call->n_rows++] = more->rows[i];
}

static Place add_call(Transaction *transaction, const PgCall *call) {
        PgCall *same = find_call(transaction, call->statement);

        if (!same) {
                transaction->calls[transaction->n_calls] = *call;
                /* the rows are the batch's */
                transaction->calls[transaction->n_calls].size_rows = call->n_rows;
                return (Place) { .step = transaction->n_calls++, .first = 1 };
        }
        Place place = { .step = (size_t) (same - transaction->calls), .first = same->n_rows + 1 };
        add_rows(transaction->ctx.arena, same, call);
        return place;
}

static void gather_calls(Transaction *transaction, PgPatience patience) {
        static PgArgs no_args;
        Arena *arena = transaction->ctx.arena;

        transaction->calls = ARENA_ARRAY(arena, PgCall,
                                         count_calls(transaction->batches, transaction->n_batches));
        transaction->places = ARENA_ARRAY(arena, Place *, transaction->n_batches);
        if (patience == PG_IMPATIENT)
                add_call(transaction,
                         &(PgCall) { .statement = &sql_be_impatient, .rows = &no_args, .n_rows = 1 });
        for (size_t i = 0; i < transaction->n_batches; i++) {
                const PgBatch *batch = transaction->batches[i];

                transaction->places[i] = ARENA_ARRAY(arena, Place, batch->n_calls);
                for (size_t c = 0; c < batch->n_calls; c++)
                        transaction->places[i][c] = add_call(transaction, &batch->calls[c]);
        }
}

static void make_steps(Transaction *transaction) {
        Arena *arena = transaction->ctx.arena;

        transaction->steps = ARENA_ARRAY(arena, PgStep, transaction->n_calls);
        for (size_t i = 0; i < transaction->n_calls; i++) {
                const PgCall *call = &transaction->calls[i];

                transaction->steps[i] = call->statement->takes_rows
                                                ? pg_step_of_rows(arena, call->statement, call->rows,
                                                                  call->n_rows)
                                                : pg_step_new(arena, call->statement, call->rows[0]);
        }
}

static Ctx ctx_of(PgBatch *const *batches, size_t n, PgPatience patience) {
        Ctx ctx = *batches[0]->ctx;

        for (size_t i = 1; i < n; i++)
                if (batches[i]->ctx->deadline_us > ctx.deadline_us)
                        ctx.deadline_us = batches[i]->ctx->deadline_us;
        if (patience == PG_IMPATIENT)
                ctx_limit(&ctx, SHARED_MS);
        return ctx;
}

static Results *new_results(size_t n, size_t n_owners) {
        Results *results = MEMORY_NEW_WITH(Results, items, n);

        atomic_init(&results->n_owners, n_owners);
        results->n = n;
        return results;
}

/* ---- what comes back ---- */

static void clear_results(Results *results) {
        for (size_t i = 0; i < results->n; i++) {
                PQclear(results->items[i]);
                results->items[i] = NULL;
        }
}

static void release_results(void *pointer) {
        Results *results = pointer;

        if (atomic_fetch_sub(&results->n_owners, 1) > 1)
                return;
        clear_results(results);
        free(results);
}

static PgRows rows_of(const Transaction *transaction, Arena *arena, const PgCall *call, Place place) {
        PGresult *result = transaction->results->items[place.step];

        return call->statement->takes_rows ? pg_rows_of(arena, result, place.first, call->n_rows)
                                           : (PgRows) { .arena = arena, .result = result };
}

static void keep_rows(const Transaction *transaction, size_t i) {
        PgBatch *batch = transaction->batches[i];
        Arena *arena = batch->ctx->arena;

        batch->rows = ARENA_ARRAY(arena, PgRows, batch->n_calls);
        for (size_t c = 0; c < batch->n_calls; c++)
                batch->rows[c] = rows_of(transaction, arena, &batch->calls[c], transaction->places[i][c]);
        arena_defer(arena, release_results, transaction->results);
        batch->error = NULL;
}

static const Error *broken_error(const PgBatch *batch, const PgOutcome *outcome, const Error *cause) {
        Arena *arena = batch->ctx->arena;

        if (batch->writes && outcome->may_have_committed)
                return error_wrap(arena, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, cause,
                                  "The database did not confirm the change: it is done or not done");
        if (outcome->link == PG_WAIT_LATE)
                return error_wrap(arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, cause,
                                  "The database took too long");
        return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                          "The connection to the database was lost");
}

static const char *failed_sql(const Transaction *transaction, const PgOutcome *outcome) {
        return outcome->failed_step < transaction->n_calls
                       ? transaction->calls[outcome->failed_step].statement->sql
                       : "COMMIT";
}

static const Error *failure(const Transaction *transaction, PgBatch *batch, const PgOutcome *outcome,
                            const PgSession *session) {
        Arena *arena = batch->ctx->arena;

        if (!outcome->failed && outcome->link == PG_WAIT_LATE)
                return broken_error(batch, outcome, NULL);
        if (!outcome->failed)
                return broken_error(batch, outcome,
                                    error_internal(arena, NULL, "%s", pg_failure_text(arena, session->conn)));
        const Error *error = pg_failure_error(arena, outcome->failed, failed_sql(transaction, outcome));
        if (pg_failure_of(outcome->failed) == PG_FAILURE_LINK)
                return broken_error(batch, outcome, error);
        batch->constraint = arena_strdup(arena, PQresultErrorField(outcome->failed, PG_DIAG_CONSTRAINT_NAME));
        return error;
}

static PgEnd end_of(const PgOutcome *outcome) {
        if (outcome->is_committed)
                return PG_END_COMMITTED;
        if (!outcome->failed || pg_failure_of(outcome->failed) == PG_FAILURE_LINK)
                return PG_END_BROKEN;
        switch (pg_failure_of(outcome->failed)) {
        case PG_FAILURE_CONFLICT:
                return PG_END_CONFLICT;
        case PG_FAILURE_LOCKED:
                return PG_END_LOCKED;
        default:
                return PG_END_REFUSED;
        }
}

static void deliver(const Transaction *transaction, const PgOutcome *outcome, const PgSession *session) {
        for (size_t i = 0; i < transaction->n_batches; i++)
                if (outcome->is_committed)
                        keep_rows(transaction, i);
                else
                        transaction->batches[i]->error =
                                failure(transaction, transaction->batches[i], outcome, session);
        if (!outcome->is_committed) {
                atomic_store(&transaction->results->n_owners, 1);
                release_results(transaction->results);
        }
}

/* ---- the attempt ---- */

/* The server ends each statement by itself; this ends the wait for a server that has stopped altogether. */
static int64_t deadline_of(const Transaction *transaction, PgPool *pool) {
        int64_t statement_ms = pg_pool_config(pool)->statement_timeout_ms;

        if (statement_ms == 0)
                return transaction->ctx.deadline_us;
        int64_t limit_us = clock_monotonic_us() + (int64_t) (transaction->n_calls + 1) * statement_ms * 1000;
        return limit_us < transaction->ctx.deadline_us ? limit_us : transaction->ctx.deadline_us;
}

static PgOutcome send(Transaction *transaction, PgSession *session) {
        return pg_pipeline_run(session, transaction->steps, transaction->n_calls,
                               deadline_of(transaction, transaction->batches[0]->pool),
                               transaction->results->items);
}

/* After a change of the schema the session's plans are forgotten; the same session can go on at once. */
static PgOutcome run_on(Transaction *transaction, PgSession *session) {
        PgOutcome outcome = send(transaction, session);

        if (outcome.link == PG_WAIT_READY && outcome.failed &&
            pg_failure_of(outcome.failed) == PG_FAILURE_STALE_PLAN) {
                PQclear(outcome.failed);
                clear_results(transaction->results);
                pg_prepared_forget(&session->prepared);
                outcome = send(transaction, session);
        }
        return outcome;
}

static bool is_reusable(const PgOutcome *outcome) {
        return outcome->link == PG_WAIT_READY &&
               !(outcome->failed && pg_failure_of(outcome->failed) == PG_FAILURE_SESSION);
}

static PgEnd without_session(PgBatch *const *batches, size_t n, const Error *error) {
        for (size_t i = 0; i < n; i++)
                batches[i]->error = error_copy(batches[i]->ctx->arena, error);
        return PG_END_BROKEN;
}

PgEnd pg_transaction_run(PgBatch *const *batches, size_t n, PgPatience patience) {
        PgPool *pool = batches[0]->pool;
        Transaction transaction = {
                .batches = batches,
                .n_batches = n,
                .ctx = ctx_of(batches, n, patience),
        };
        PgSession *session;

        gather_calls(&transaction, patience);
        make_steps(&transaction);
        const Error *error = pg_pool_acquire(pool, &transaction.ctx, &session);
        if (error)
                return without_session(batches, n, error);
        transaction.results = new_results(transaction.n_calls, n);
        PgOutcome outcome = run_on(&transaction, session);
        deliver(&transaction, &outcome, session);
        if (is_reusable(&outcome))
                pg_pool_release(pool, session);
        else
                pg_pool_discard(pool, session);
        PgEnd end = end_of(&outcome);
        PQclear(outcome.failed);
        return end;
}
