/* What a failed result means. */
#pragma once

#include "base/error.h"
#include "pg/libpq_private.h"

typedef enum PgFailure {
        PG_FAILURE_FENCE,       /* require_rows() raised its reason */
        PG_FAILURE_VALUES,      /* the values break a type or a constraint: final */
        PG_FAILURE_DEFECT,      /* a wrong statement, schema or server: passes once it is mended */
        PG_FAILURE_CONFLICT,    /* deadlock or serialization: the same batch may succeed now */
        PG_FAILURE_STALE_PLAN,  /* the schema changed under a prepared statement */
        PG_FAILURE_LOCKED,      /* the lock timeout: somebody else holds a row or table */
        PG_FAILURE_LATE,        /* the server's statement timeout */
        PG_FAILURE_UNAVAILABLE, /* no room, no disk, an operator's hand: later */
        PG_FAILURE_SESSION,     /* so, too, on this session: the server is no longer the primary */
        PG_FAILURE_LINK,        /* the session is over, or the transaction's end is unknown */
} PgFailure;

PgFailure pg_failure_of(const PGresult *result);

/*
 * Makes the error; sql is the failing statement and stands in the internal message.
 *
 * errors     the fence's reason (ABORTED), DEADLINE_EXCEEDED, UNAVAILABLE, otherwise internal: final for
 *            values, and for nothing else
 */
const Error *pg_failure_error(Arena *arena, const PGresult *result, const char *sql)
        __attribute__((returns_nonnull));

/* UNAVAILABLE: somebody else holds a row or table for too long. */
const Error *pg_failure_locked(Arena *arena, const Error *cause) __attribute__((returns_nonnull));

/* What libpq says about the connection, on one line. */
const char *pg_failure_text(Arena *arena, const PGconn *conn);
