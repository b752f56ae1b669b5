/* One attempt of batches, as one transaction. */
#pragma once

#include "pg/batch.h"

typedef enum PgEnd {
        PG_END_COMMITTED,
        PG_END_REFUSED,  /* by the server; nothing is left of it */
        PG_END_CONFLICT, /* so, too, and worth another attempt */
        PG_END_LOCKED,   /* so, too: somebody held a row for longer than it has patience */
        PG_END_BROKEN,   /* no session, or its connection was lost */
} PgEnd;

typedef enum PgPatience {
        PG_PATIENT,   /* waits for a row that somebody holds for as long as its pool may */
        PG_IMPATIENT, /* is refused rather than to wait long for it */
} PgPatience;

/*
 * Runs n batches of one pool, n >= 1. Every batch gets its rows, or its error in its own arena; calls of
 * several batches to one statement that takes rows become one, and each batch sees what belongs to its rows.
 */
PgEnd pg_transaction_run(PgBatch *const *batches, size_t n, PgPatience patience);
