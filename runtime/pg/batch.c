#include "pg/batch.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/str.h"
#include "base/task.h"
#include "pg/batch_private.h"
#include "pg/combine_private.h"
#include "pg/lane_private.h"
#include "pg/pool_private.h"
#include "pg/transaction_private.h"

#define FIRST_PLACES 8
#define RETRIES_MAX 3
#define RETRY_PAUSE_MS 10

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

static void add_row(Arena *arena, PgCall *call, PgArgs args) {
        if (call->n_rows == call->size_rows) {
                call->size_rows = call->n_rows > 0 ? 2 * call->n_rows : 1;
                PgArgs *rows = ARENA_ARRAY(arena, PgArgs, call->size_rows);

                for (size_t i = 0; i < call->n_rows; i++)
                        rows[i] = call->rows[i];
                call->rows = rows;
        }
        call->rows[call->n_rows++] = (PgArgs) {
                .items = arena_memdup(arena, args.items, args.n * sizeof(PgArg)),
                .n = args.n,
        };
}

static PgCall *add_call(PgBatch *batch, const PgStatement *statement) {
        if (batch->n_calls == batch->size_calls) {
                batch->size_calls = batch->n_calls > 0 ? 2 * batch->n_calls : FIRST_PLACES;
                PgCall *calls = ARENA_ARRAY(batch->ctx->arena, PgCall, batch->size_calls);

                for (size_t i = 0; i < batch->n_calls; i++)
                        calls[i] = batch->calls[i];
                batch->calls = calls;
        }
        batch->calls[batch->n_calls] = (PgCall) { .statement = statement };
        return &batch->calls[batch->n_calls++];
}

static PgCall *call_of(PgBatch *batch, const PgStatement *statement) {
        for (size_t i = 0; statement->takes_rows && i < batch->n_calls; i++)
                if (batch->calls[i].statement == statement)
                        return &batch->calls[i];
        return add_call(batch, statement);
}

size_t pg_batch_add(PgBatch *batch, const PgStatement *statement, PgArgs args) {
        PgCall *call = call_of(batch, statement);

        add_row(batch->ctx->arena, call, args);
        batch->writes |= statement->writes;
        return (size_t) (call - batch->calls);
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
        struct timespec pause = clock_timespec(pause_us);
        nanosleep(&pause, NULL);
        return true;
}

/* Once more while others were in its way. */
static PgEnd run_by_itself(PgBatch *batch, PgPatience patience) {
        int n_retries = 0;
        PgEnd end;

        do {
                batch->constraint = NULL;
                batch->error = ctx_check(batch->ctx);
                end = batch->error ? PG_END_REFUSED : pg_transaction_run(&batch, 1, patience);
        } while (end == PG_END_CONFLICT && n_retries < RETRIES_MAX &&
                 pause_before_retry(batch->ctx, n_retries++));
        return end;
}

const Error *pg_batch_run(PgBatch *batch) {
        TRY(batch->refusal);
        task_will_wait(batch->ctx);
        run_by_itself(batch, PG_PATIENT);
        return batch->error;
}

/*
 * What was refused together with others. Only on a part of the sessions, and only on a smaller part, in the
 * end, does anyone wait for what somebody else holds.
 */
static const Error *run_alone(PgBatch *batch) {
        PgLane *alone = pg_pool_lane_alone(batch->pool), *patient = pg_pool_lane_patient(batch->pool);

        TRY(pg_lane_enter(alone, batch->ctx));
        PgEnd end = run_by_itself(batch, PG_IMPATIENT);
        pg_lane_leave(alone);
        if (end != PG_END_LOCKED)
                return batch->error;
        TRY(pg_lane_enter(patient, batch->ctx));
        run_by_itself(batch, PG_PATIENT);
        pg_lane_leave(patient);
        return batch->error;
}

/* Two keys with one hash cost a wait for the next transaction, nothing else. */
static uint64_t hash_key(const PgArg *key) {
        return key->data ? hash_bytes(HASH_START, key->data, key->n)
                         : hash_bytes(HASH_START, &key->number, sizeof(key->number));
}

static void add_key(PgBatch *batch, uint64_t key) {
        for (size_t i = 0; i < batch->n_keys; i++)
                if (batch->keys[i] == key)
                        return;
        batch->keys[batch->n_keys++] = key;
}

static void collect_keys(PgBatch *batch) {
        size_t n = 0;

        for (size_t i = 0; i < batch->n_calls; i++)
                n += batch->calls[i].n_rows;
        batch->keys = ARENA_ARRAY(batch->ctx->arena, uint64_t, n);
        batch->n_keys = 0;
        for (size_t i = 0; i < batch->n_calls; i++)
                for (size_t row = 0; batch->calls[i].statement->writes && row < batch->calls[i].n_rows; row++)
                        add_key(batch, hash_key(&batch->calls[i].rows[row].items[0]));
}

const Error *pg_batch_run_shared(PgBatch *batch) {
        TRY(batch->refusal);
        TRY(ctx_check(batch->ctx));
        for (size_t i = 0; i < batch->n_calls; i++)
                if (!batch->calls[i].statement->takes_rows)
                        abort();
        collect_keys(batch);
        task_will_wait(batch->ctx);
        return pg_combine(pg_pool_combiner(batch->pool), batch) ? batch->error : run_alone(batch);
}

const PgRows *pg_batch_rows(const PgBatch *batch, size_t index) {
        return &batch->rows[index];
}

bool pg_batch_violates(const PgBatch *batch, const char *constraint) {
        return batch->constraint && str_equal(batch->constraint, constraint);
}

const Error *pg_run(PgPool *pool, Ctx *ctx, const PgStatement *statement, PgArgs args,
                    const PgRows **ret_rows) {
        PgBatch *batch = pg_batch_new(pool, ctx);

        pg_batch_add(batch, statement, args);
        TRY(pg_batch_run(batch));
        if (ret_rows)
                *ret_rows = pg_batch_rows(batch, 0);
        return NULL;
}

const Error *pg_run_shared(PgPool *pool, Ctx *ctx, const PgStatement *statement, PgArgs args,
                           const PgRows **ret_rows) {
        PgBatch *batch = pg_batch_new(pool, ctx);

        pg_batch_add(batch, statement, args);
        TRY(pg_batch_run_shared(batch));
        if (ret_rows)
                *ret_rows = pg_batch_rows(batch, 0);
        return NULL;
}
