/* What a batch is made of. */
#pragma once

#include <stdint.h>

#include "pg/batch.h"
#include "pg/rows_private.h"

/*
 * A statement of a batch with the rows of its arguments; more than one only for a statement that takes rows.
 */
typedef struct PgCall {
        const PgStatement *statement;
        PgArgs *rows;
        size_t n_rows, size_rows;
} PgCall;

struct PgBatch {
        PgPool *pool;
        Ctx *ctx;
        PgCall *calls;
        size_t n_calls, size_calls;
        bool writes;
        uint64_t *keys; /* hashes of what the rows to write belong to, once it may share */
        size_t n_keys;
        const Error *refusal; /* before anything is sent */

        /* after a run */
        PgRows *rows;           /* one per call, after success */
        const Error *error;     /* or why not */
        const char *constraint; /* that it failed at, or NULL */
};
