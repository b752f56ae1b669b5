#include "data/product_cache.h"

#include <stdatomic.h>

#include "data/product_rows.h"
#include "pg/cache.h"

#define CACHE_SLOTS 8192
#define CACHE_TTL_MS (INT64_C(30) * 60 * 1000)

struct ProductCache {
        PgPool *pool;
        PgCache *answers;
        atomic_llong version; /* the newest that was seen; 0: none was */
};

/* The version only tells an answer from an older one. */
static const PgStatement sql_product =
        PG_READ("SELECT " PRODUCT_COLUMNS " FROM " PRODUCT_TABLES " WHERE p.sku = $1 AND $2 <> ''");

const Error *catalog_product_cache_load(ProductCache *cache, Ctx *ctx, const char *const *skus, size_t n,
                                        Product *ret_products) {
        const char *version = arena_printf(ctx->arena, "%lld", atomic_load(&cache->version));
        const PgRows *rows;

        for (size_t i = 0; i < n; i++) {
                const char *texts[] = { skus[i], version };

                ret_products[i] = (Product) { .sku = skus[i] };
                TRY(pg_cache_run(cache->answers, ctx, &sql_product, texts, 2, &rows));
                if (pg_rows_count(rows) > 0)
                        TRY(catalog_rows_read(ctx->arena, rows, 0, &ret_products[i]));
        }
        return NULL;
}

/* Never back: a look may end later than one that began after it. */
static void take_note(ProductCache *cache, long long version) {
        long long known = atomic_load(&cache->version);

        while (known < version && !atomic_compare_exchange_weak(&cache->version, &known, version))
                continue;
}

static const PgStatement sql_version = PG_READ("SELECT version FROM catalog_version");

const Error *catalog_product_cache_look(ProductCache *cache, Ctx *ctx) {
        const PgRows *rows;

        TRY(pg_run(cache->pool, ctx, &sql_version, PG_NO_ARGS, &rows));
        take_note(cache, pg_get_int64(rows, 0, 0));
        return NULL;
}

const Error *catalog_product_cache_change(ProductCache *cache, PgBatch *batch) {
        size_t version = pg_batch_add(batch, &sql_version, PG_NO_ARGS);

        TRY(pg_batch_run(batch));
        take_note(cache, pg_get_int64(pg_batch_rows(batch, version), 0, 0));
        return NULL;
}

static void free_answers(void *answers) {
        pg_cache_free(answers);
}

ProductCache *catalog_product_cache_new(Arena *arena, PgPool *pool) {
        ProductCache *cache = ARENA_NEW(arena, ProductCache);

        cache->pool = pool;
        cache->answers = pg_cache_new(pool, CACHE_SLOTS, CACHE_TTL_MS);
        arena_defer(arena, free_answers, cache->answers);
        return cache;
}
