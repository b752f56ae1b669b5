/* One connection to the server and what was prepared on it; used by one thread at a time. */
#pragma once

#include "base/ctx.h"
#include "pg/libpq_private.h"
#include "pg/pool.h"
#include "pg/prepared_private.h"

#define PG_CONNECT_TIMEOUT_MS INT64_C(3000)

typedef struct PgSession {
        PGconn *conn;
        PgPrepared prepared;
        bool has_unsent; /* part of what was queued is still in this process */
        int64_t idle_since_us; /* of the pool */
} PgSession;

/* That of config, or PG_CONNECT_TIMEOUT_MS. */
int64_t pg_session_connect_timeout_ms(const PgPoolConfig *config);

typedef enum PgWait { PG_WAIT_READY, PG_WAIT_LATE, PG_WAIT_LOST } PgWait;

/*
 * Connects within pg_session_connect_timeout_ms, not in pipeline mode.
 *
 * errors     UNAVAILABLE with the server's address in the cause; internal when the connection string is
 *            malformed
 */
const Error *pg_session_open(const PgPoolConfig *config, Ctx *ctx, PgSession **ret_session) MUST_CHECK;

/* Says goodbye and frees it. */
void pg_session_close(PgSession *session);

/* Cuts the connection, so that nothing queued leaves, and frees it. The server drops what still runs. */
void pg_session_abandon(PgSession *session);

/* False when an idle session has anything to say: it can only be its end. */
bool pg_session_is_quiet(const PgSession *session);

/* Sends what is queued and waits for the next result, as PQgetResult gives it. */
PgWait pg_session_next_result(PgSession *session, int64_t deadline_us, PGresult **ret_result);

/*
 * Runs SQL outside of pipeline mode; without parameters it may be several statements.
 *
 * ret_result   the last result, in text format, cleared with the context's arena
 * errors       as pg_failure_error; UNAVAILABLE when the link is lost
 */
const Error *pg_session_query(PgSession *session, Ctx *ctx, const char *sql, size_t n_params,
                              const char *const *params, const PGresult **ret_result) MUST_CHECK;
