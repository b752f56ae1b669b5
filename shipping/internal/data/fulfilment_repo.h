/* The shipments of orders in PostgreSQL. */
#pragma once

#include "biz/shipping/fulfilment.h"
#include "pg/batch.h"

/* Lives in arena; pool must outlive it. */
FulfilmentRepo *shipping_fulfilment_repo_new(Arena *arena, PgPool *pool);

/* What an event does to the shipments of an order. */
typedef struct OrderMove {
        FulfilmentMove move;
        const char *order_id;
        const Fulfilment *planned; /* of FULFILMENT_CREATE */
        const Trace *trace;        /* that its own event goes on with */
} OrderMove;

/*
 * Adds what the moves do to the batch, the creating ones first. An order that has a fulfilment already, or a
 * tombstone, keeps it. When one comes into being between this call and the batch, the batch fails with a
 * reason of its own, and nothing was done: the caller begins anew.
 *
 * errors     those of pg_run
 */
const Error *shipping_add_moves(PgPool *pool, PgBatch *batch, const OrderMove *moves, size_t n) MUST_CHECK;
