/* How the rest of runtime/pg borrows a session. */
#pragma once

#include "pg/session_private.h"

/*
 * Takes a session in pipeline mode, idle or new; waits for one until the context's deadline.
 *
 * errors     UNAVAILABLE; internal when the connection string is malformed
 */
const Error *pg_pool_acquire(PgPool *pool, Ctx *ctx, PgSession **ret_session) MUST_CHECK;

/* Gives it back. */
void pg_pool_release(PgPool *pool, PgSession *session);

/* Gives its place back: the session is cut off. */
void pg_pool_discard(PgPool *pool, PgSession *session);

const PgPoolConfig *pg_pool_config(const PgPool *pool);
