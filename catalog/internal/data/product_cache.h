/*
 * Products by SKU, kept in the process. An answer is kept under the catalog's version that was known when it
 * was asked for, so a new version makes every older answer unreachable: a process knows of its own changes at
 * once, and of those of others when it has looked again.
 *
 * source     002 4.2; 000 Performance Metrics
 */
#pragma once

#include "biz/catalog/catalog.h"
#include "pg/batch.h"

/* Between two looks at the version: no change is unknown for longer, as long as PostgreSQL answers. */
#define CATALOG_LOOK_INTERVAL_MS 2000

typedef struct ProductCache ProductCache;

/* Lives in arena; pool must outlive it. */
ProductCache *catalog_product_cache_new(Arena *arena, PgPool *pool);

/* That of the repository (biz/catalog/catalog.h). */
const Error *catalog_product_cache_load(ProductCache *cache, Ctx *ctx, const char *const *skus, size_t n,
                                        Product *ret_products) MUST_CHECK;

/* Takes note of the version that there is now. errors: those of pg_run */
const Error *catalog_product_cache_look(ProductCache *cache, Ctx *ctx) MUST_CHECK;

/*
 * Runs a batch that changes the catalog, and takes note of the version that it makes. errors: those of
 * pg_batch_run
 */
const Error *catalog_product_cache_change(ProductCache *cache, PgBatch *batch) MUST_CHECK;
