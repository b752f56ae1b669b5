/* A bounded pool of PostgreSQL sessions; each prepares a statement once, and is replaced when it breaks. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"

/* What a service's pool is given: longer than any statement of ours takes when all is well. */
#define PG_STATEMENT_TIMEOUT_MS 10000
#define PG_IDLE_TRANSACTION_TIMEOUT_MS 10000
#define PG_IDLE_SESSION_MS 60000

/* Nobody waits longer for a row or table that somebody else holds; and is told to come again after that. */
#define PG_LOCK_TIMEOUT_MS 2000
#define PG_LOCKED_RETRY_MS 1000

typedef struct PgPool PgPool;

typedef struct PgPoolConfig {
        const char *dsn;              /* libpq connection string; several hosts are tried in turn */
        size_t n_connections;         /* sessions at most; opened when first needed */
        int64_t connect_timeout_ms;   /* for opening one, with all that belongs to it; 0: 3 s */
        int64_t statement_timeout_ms; /* the server gives up on a statement after this */
        int64_t lock_timeout_ms;      /* ... on waiting for a lock; 0: as long as the statement may */
        int64_t idle_transaction_timeout_ms;
        int64_t idle_session_ms; /* one that was not needed for so long is closed; 0: they are kept */
} PgPoolConfig;

/* Does not connect yet. The caller frees it, after everything that uses it. */
PgPool *pg_pool_new(const PgPoolConfig *config);
void pg_pool_free(PgPool *pool); /* accepts NULL */

/*
 * One round trip to the server, for readiness.
 *
 * errors     UNAVAILABLE
 */
const Error *pg_pool_ping(PgPool *pool, Ctx *ctx) MUST_CHECK;
