/* The catalog in PostgreSQL. */
#pragma once

#include "biz/catalog/catalog.h"
#include "data/product_cache.h"
#include "pg/pool.h"

/* Lives in arena; pool and cache must outlive it. */
CatalogRepo *catalog_repo_new(Arena *arena, PgPool *pool, ProductCache *cache);
