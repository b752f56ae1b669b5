/*
 * Batches that share transactions. One such transaction runs at a time; whoever comes meanwhile waits for the
 * next, and one of those who wait leads it. More at a time would be smaller ones, which cost more and could
 * wait for each other. Only one that lasts unusually long, since its session hangs, does not hold back the
 * next; who writes to an aggregate that is in it waits for its end.
 */
#pragma once

#include "pg/batch.h"

typedef struct PgCombiner PgCombiner;

/* A transaction lasts unusually long after this; those who wait look again as often. */
#define PG_COMBINE_LONG_MS 250

/* n_running_max: transactions at a time, however long they last */
PgCombiner *pg_combiner_new(size_t n_running_max);
void pg_combiner_free(PgCombiner *combiner);

/* The one of a pool. */
PgCombiner *pg_pool_combiner(PgPool *pool);

/* How many batches wait for the next transaction. */
size_t pg_combiner_waiting(PgCombiner *combiner);

/* True when the batch has its rows or its error; false when its transaction was refused: run it alone. */
bool pg_combine(PgCombiner *combiner, PgBatch *batch);
