/* Pools on databases of a test's. */
#pragma once

#include "pg/migrate.h"
#include "support.h"

/* No test waits for its timeouts: a server that is busy with other tests is not one that is away. */
static inline PgPool *pool_on(const char *dsn, size_t n_sessions) {
        return pg_pool_new(&(PgPoolConfig) {
                .dsn = dsn,
                .n_connections = n_sessions,
                .connect_timeout_ms = TEST_WAIT_MS / 2,
                .statement_timeout_ms = TEST_WAIT_MS,
                .idle_transaction_timeout_ms = TEST_WAIT_MS,
        });
}

/*
 * What data tests of a service begin with: 16 sessions with test_database(name), which has the schema and is
 * else empty. Lives until the test ends.
 */
PgPool *test_pool(const char *name, const PgSchema *schema, const char **ret_dsn);
