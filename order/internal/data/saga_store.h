/* Sagas as rows of order_sagas: every write is fenced by the epoch of whoever took the saga over last. */
#pragma once

#include "biz/order/ports.h"
#include "pg/batch.h"

/* How long a done saga is kept, and with it its idempotency key and answer; it is saga s below. */
#define SAGA_KEPT "24 hours"
#define SAGA_FORGET_AT "s.created_at + interval '" SAGA_KEPT "'"

/* Longer than any hold lasts: the INSERT of an order refuses itself when its hold is over. */
#define SAGA_TOMBSTONE_KEPT "24 hours"

/* Lives in arena. lease_ms: after so long without renewal a saga's owner counts as dead. */
SagaStore *order_saga_store_new(Arena *arena, PgPool *pool, int64_t lease_ms);

/* What follows takes stores that were made by it only. */

/*
 * Begins the batch that writes an order: with where its saga stands, a new row for epoch 0, else a fenced
 * update. Lives in ctx->arena.
 */
PgBatch *order_saga_store_begin(SagaStore *store, Ctx *ctx, const Saga *saga);

/* Runs that batch, shared, and notes on the saga what its row is now. errors: those of pg_batch_run */
const Error *order_saga_store_commit(SagaStore *store, PgBatch *batch, Saga *saga) MUST_CHECK;

/* Renews the leases of the sagas that are being worked on. errors: those of pg_run */
const Error *order_saga_store_renew(SagaStore *store, Ctx *ctx) MUST_CHECK;

/*
 * Forgets up to limit done sagas and tombstones that were kept long enough. What is due later than any pause
 * lasts, because the clock stepped back since, is made due now. errors: those of pg_batch_run
 */
const Error *order_saga_store_sweep(SagaStore *store, Ctx *ctx, size_t limit, size_t *ret_n) MUST_CHECK;
