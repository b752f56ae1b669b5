#include "fixture.h"

#include "catalog_migrations.h"
#include "data/catalog_repo.h"
#include "pool.h"
#include "service/catalog_service.h"

Fixture *fixture_new(void) {
        Arena *arena = test_ctx()->arena;
        Fixture *fixture = ARENA_NEW(arena, Fixture);

        fixture->pool = test_pool("catalog", &catalog_schema, &fixture->dsn);
        fixture->cache = catalog_product_cache_new(arena, fixture->pool);
        fixture->catalog = (CatalogUsecase) {
                .repo = catalog_repo_new(arena, fixture->pool, fixture->cache),
                .snapshots = catalog_service_snapshots,
        };
        fixture->caller = (Caller) { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        test_sql(fixture->dsn,
                 "INSERT INTO sellers (seller_id, name) VALUES ('SELLER-1', 'One'), ('SELLER-2', 'Two');"
                 "INSERT INTO categories (category_id, name, parent_id)"
                 " VALUES ('CAT-TOP', 'Top', NULL), ('CAT-MIDDLE', 'Middle', 'CAT-TOP'),"
                 "        ('CAT-LEAF', 'Leaf', 'CAT-MIDDLE')");
        return fixture;
}

Ctx *fixture_ctx(Fixture *fixture) {
        Ctx *ctx = test_ctx();

        ctx->caller = &fixture->caller;
        return ctx;
}

Product fixture_product(const char *sku, const char *name) {
        return (Product) {
                .sku = sku,
                .name = name,
                .description = "",
                .category_id = "CAT-LEAF",
                .seller_id = "SELLER-1",
                .image_url = "",
                .tax_class = CATALOG_TAX_CLASS,
                .currency = "USD",
                .base_price_minor = 10000,
                .is_active = true,
        };
}

const Product *fixture_create(Fixture *fixture, const char *sku, const char *name) {
        Product wanted = fixture_product(sku, name);
        const Product *product;

        ck_assert_ok(catalog_create(&fixture->catalog, fixture_ctx(fixture), &wanted, &product));
        return product;
}
