#include "pool.h"

#define N_CONNECTIONS 16

static void free_pool(void *pool) {
        pg_pool_free(pool);
}

PgPool *test_pool(const char *name, const PgSchema *schema, const char **ret_dsn) {
        Ctx *ctx = test_ctx();
        PgPoolConfig config = {
                .dsn = test_database(name),
                .n_connections = N_CONNECTIONS,
                .statement_timeout_ms = TEST_WAIT_MS,
                .idle_transaction_timeout_ms = TEST_WAIT_MS,
        };
        PgPool *pool = pg_pool_new(&config);

        arena_defer(ctx->arena, free_pool, pool);
        ck_assert_ok(pg_migrate(pool, ctx, schema));
        *ret_dsn = config.dsn;
        return pool;
}
