/* What a failed result means. Private to runtime/pg. */
#pragma once

#include "base/error.h"
#include "pg/libpq.h"

typedef enum PgFailure {
        PG_FAILURE_OTHER,
        PG_FAILURE_FENCE,       /* require_rows() raised its reason */
        PG_FAILURE_CONFLICT,    /* deadlock or serialization: the same batch may succeed now */
        PG_FAILURE_STALE_PLAN,  /* the schema changed under a prepared statement */
        PG_FAILURE_LATE,        /* the server's statement timeout */
        PG_FAILURE_UNAVAILABLE, /* the server has no room */
        PG_FAILURE_READ_ONLY,   /* the server is no longer the primary */
        PG_FAILURE_LINK,        /* the session is over */
} PgFailure;

PgFailure pg_failure_of(const PGresult *result);

/*
 * Makes the error; sql is the failing statement and stands in the internal message.
 *
 * errors     the fence's reason (ABORTED), DEADLINE_EXCEEDED, UNAVAILABLE, otherwise internal
 */
const Error *pg_failure_error(Arena *arena, const PGresult *result, const char *sql)
        __attribute__((returns_nonnull));

/* What libpq says about the connection, on one line. */
const char *pg_failure_text(Arena *arena, const PGconn *conn);
