/* Sagas as rows of order_sagas: every write is fenced by the epoch of whoever took the saga over last. */
#pragma once

#include "biz/order/ports.h"
#include "data/leases.h"
#include "pg/batch.h"

/* How long a done saga is kept, and with it its idempotency key and answer; it is saga s below. */
#define SAGA_KEPT "24 hours"
#define SAGA_FORGET_AT "s.created_at + interval '" SAGA_KEPT "'"

/* Longer than any hold lasts: the INSERT of an order refuses itself when its hold is over. */
#define SAGA_TOMBSTONE_KEPT "24 hours"

typedef struct PgSagaStore {
        SagaStore base;
        PgPool *pool;
        int64_t lease_ms;
        char owner[33]; /* this process, by a random name */
        Leases *leases;
} PgSagaStore;

/* Lives in arena. lease_ms: after so long without renewal a saga's owner counts as dead. */
PgSagaStore *order_saga_store_new(Arena *arena, PgPool *pool, int64_t lease_ms);

/* Adds the write of a saga to the batch of its order: a new row for epoch 0, else a fenced update. */
void order_saga_store_add(PgSagaStore *store, PgBatch *batch, const Saga *saga);

/*
 * What a successful batch with order_saga_store_add leaves behind in this process: the row's step, and epoch
 * and lease of a new row.
 */
void order_saga_store_added(PgSagaStore *store, Ctx *ctx, Saga *saga);

/* Renews the leases of the sagas that are being worked on. errors: those of pg_run */
const Error *order_saga_store_renew(PgSagaStore *store, Ctx *ctx) MUST_CHECK;

/*
 * Forgets up to limit done sagas and tombstones that were kept long enough. What is due later than any pause
 * lasts, because the clock stepped back since, is made due now. errors: those of pg_batch_run
 */
const Error *order_saga_store_sweep(PgSagaStore *store, Ctx *ctx, size_t limit, size_t *ret_n) MUST_CHECK;
