/*
 * Batches that share transactions. One such transaction runs at a time; whoever comes meanwhile waits for the
 * next, and one of those who wait leads it. More at a time would be smaller ones, which cost more and could
 * wait for each other. Private to runtime/pg.
 */
#pragma once

#include "pg/batch.h"

typedef struct PgCombiner PgCombiner;

PgCombiner *pg_combiner_new(void);
void pg_combiner_free(PgCombiner *combiner);

/* The one of a pool. */
PgCombiner *pg_pool_combiner(PgPool *pool);

/* How many batches wait for the next transaction. */
size_t pg_combiner_waiting(PgCombiner *combiner);

/*
 * True when the batch has its rows or its error; false when the server refused its transaction: it must run
 * alone.
 */
bool pg_combine(PgCombiner *combiner, PgBatch *batch);
