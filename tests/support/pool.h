/* Pools on databases of a test's. */
#pragma once

#include "pg/migrate.h"
#include "support.h"

/* No test waits for its timeouts. */
static inline PgPool *pool_on(const char *dsn, size_t n_sessions) {
        return pg_pool_new(&(PgPoolConfig) {
                .dsn = dsn,
                .n_connections = n_sessions,
                .statement_timeout_ms = TEST_WAIT_MS,
                .idle_transaction_timeout_ms = TEST_WAIT_MS,
        });
}

static inline void pool_free(void *pool) {
        pg_pool_free(pool);
}

/* On a database with that schema; it lives until the test ends. */
static inline PgPool *pool_with(const PgSchema *schema, const char *dsn, size_t n_sessions) {
        PgPool *pool = pool_on(dsn, n_sessions);

        arena_defer(test_ctx()->arena, pool_free, pool);
        ck_assert_ok(pg_migrate(pool, test_ctx(), schema));
        return pool;
}
