/* A catalog on a fresh database, with two sellers and three categories. */
#pragma once

#include "biz/catalog/complete.h"
#include "data/product_cache.h"
#include "pg/pool.h"
#include "support.h"

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        ProductCache *cache;
        CatalogUsecase catalog; /* without pricing and warehouse */
        Caller caller;          /* an admin */
} Fixture;

/*
 * Migrated, with SELLER-1 and SELLER-2, and CAT-TOP, CAT-MIDDLE below it, CAT-LEAF below that; lives until
 * the test ends.
 */
Fixture *fixture_new(void);

/* A context of the fixture's caller. */
Ctx *fixture_ctx(Fixture *fixture);

/* What is asked for: of SELLER-1 in CAT-LEAF, 100.00 USD. */
Product fixture_product(const char *sku, const char *name);

/* Adds that product without an error. */
const Product *fixture_create(Fixture *fixture, const char *sku, const char *name);
