/* One attempt of a batch on one session. */
#pragma once

#include "pg/batch.h"
#include "pg/failure_private.h"
#include "pg/session_private.h"

/* One statement with its parameters as libpq wants them. */
typedef struct PgStep {
        const PgStatement *statement;
        size_t n_args;
        Oid *types;
        const char **values; /* NULL: SQL NULL */
        int *lengths;
        int *formats;
        uint32_t types_hash;
        bool is_prepared_here; /* this attempt prepares it first */
} PgStep;

/* How an attempt ended. */
typedef struct PgOutcome {
        bool is_committed;
        PgWait link;             /* PG_WAIT_READY: the session is good for more */
        bool may_have_committed; /* with a broken link: everything had left, and no error had come back */
        PGresult *failed;        /* the first error from the server, or NULL; the caller clears it */
        size_t failed_step;      /* n_steps: at the commit itself */
} PgOutcome;

/*
 * Sends the steps and Sync as one pipeline and reads everything back.
 *
 * results    n_steps places; filled with what each statement returned, cleared by the caller whatever the
 *            outcome
 */
PgOutcome pg_pipeline_run(PgSession *session, PgStep *steps, size_t n_steps, int64_t deadline_us,
                          PGresult **results);
