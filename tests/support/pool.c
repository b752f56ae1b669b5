#include "pool.h"

#define N_CONNECTIONS 16

static void free_pool(void *pool) {
        pg_pool_free(pool);
}

PgPool *test_pool(const char *name, const PgSchema *schema, const char **ret_dsn) {
        Ctx *ctx = test_ctx();
        const char *dsn = test_database(name);
        PgPool *pool = pool_on(dsn, N_CONNECTIONS);

        arena_defer(ctx->arena, free_pool, pool);
        ck_assert_ok(pg_migrate(pool, ctx, schema));
        *ret_dsn = dsn;
        return pool;
}
