/* A pool on a fresh, migrated database. */
#pragma once

#include "pg/batch.h"
#include "pool.h"

/* With the runtime's own tables; *ret_dsn is for inspecting. */
static inline PgPool *pool_new(const char *name, size_t n_connections, const char **ret_dsn) {
        const char *dsn = test_database(name);
        PgPool *pool = pool_on(dsn, n_connections);

        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { .name = name }));
        *ret_dsn = dsn;
        return pool;
}
