/* A pool on a fresh, migrated database. */
#pragma once

#include "pg/batch.h"
#include "pg/migrate.h"
#include "support.h"

/* No test waits for it. */
#define STATEMENT_TIMEOUT_MS 60000

static inline PgPool *pool_on(const char *dsn, size_t n_connections) {
        return pg_pool_new(&(PgPoolConfig) {
                .dsn = dsn,
                .n_connections = n_connections,
                .statement_timeout_ms = STATEMENT_TIMEOUT_MS,
                .idle_transaction_timeout_ms = STATEMENT_TIMEOUT_MS,
        });
}

/* With the runtime's own tables; *ret_dsn is for inspecting. */
static inline PgPool *pool_new(const char *name, size_t n_connections, const char **ret_dsn) {
        const char *dsn = test_database(name);
        PgPool *pool = pool_on(dsn, n_connections);

        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { .name = name }));
        *ret_dsn = dsn;
        return pool;
}
