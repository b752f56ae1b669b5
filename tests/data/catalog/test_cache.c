#include "fixture.h"

#include "base/memory.h"
#include "data/catalog_repo.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static Product load_from(CatalogRepo *repo, const char *sku) {
        Product product;

        ck_assert_ok(repo->load(repo, test_ctx(), &sku, 1, &product));
        return product;
}

static Product load(const char *sku) {
        return load_from(f->catalog.repo, sku);
}

static void update(const Product *created, const char *name) {
        Product wanted = fixture_product(NULL, name);
        const Product *product;

        wanted.product_id = created->product_id;
        wanted.version = created->version;
        ck_assert_ok(catalog_update(&f->catalog, fixture_ctx(f), &wanted, &product));
}

/* Another process: it has a cache of its own on the same database. */
static CatalogRepo *other(ProductCache **ret_cache) {
        Arena *arena = test_ctx()->arena;

        *ret_cache = catalog_product_cache_new(arena, f->pool);
        return catalog_repo_new(arena, f->pool, *ret_cache);
}

TEST(what_is_kept_is_not_read_again) {
        fixture_create(f, "SKU-1", "Radio");
        Product first = load("SKU-1"), again = load("SKU-1");

        ck_assert_str_eq(first.name, "Radio");
        ck_assert_int_eq(again.read_at_us, first.read_at_us);
}

TEST(what_is_not_there_is_looked_for_each_time) {
        ck_assert_ptr_null(load("SKU-1").product_id);
        ck_assert_str_eq(load("SKU-1").sku, "SKU-1");
        test_sql(f->dsn, "INSERT INTO products (product_id, sku, name, category_id, seller_id,"
                         "                      base_price_minor, currency)"
                         " VALUES ('PROD-1', 'SKU-1', 'Radio', 'CAT-TOP', 'SELLER-1', 1, 'USD')");
        ck_assert_str_eq(load("SKU-1").product_id, "PROD-1");
}

TEST(a_process_knows_of_its_own_change_at_once) {
        const Product *created = fixture_create(f, "SKU-1", "Radio");
        Seller off = { .seller_id = "SELLER-1", .name = "One", .version = 1 };
        const Seller *seller;

        ck_assert_str_eq(load("SKU-1").name, "Radio");
        update(created, "Large radio");
        ck_assert_str_eq(load("SKU-1").name, "Large radio");
        ck_assert_ok(catalog_update_seller(&f->catalog, fixture_ctx(f), &off, &seller));
        ck_assert(!load("SKU-1").seller_is_active);
}

TEST(a_process_knows_of_anothers_change_when_it_has_looked) {
        const Product *created = fixture_create(f, "SKU-1", "Radio");
        ProductCache *cache;
        CatalogRepo *repo = other(&cache);

        ck_assert_ok(catalog_product_cache_look(cache, test_ctx()));
        ck_assert_str_eq(load_from(repo, "SKU-1").name, "Radio");
        update(created, "Large radio");
        ck_assert_str_eq(load_from(repo, "SKU-1").name, "Radio");
        ck_assert_ok(catalog_product_cache_look(cache, test_ctx()));
        ck_assert_str_eq(load_from(repo, "SKU-1").name, "Large radio");
}

TEST(whoever_changes_a_table_makes_a_new_version) {
        static const char *const changes[] = {
                "UPDATE products SET active = false", "UPDATE sellers SET name = 'x'",
                "INSERT INTO categories (category_id, name) VALUES ('CAT-NEW', 'New')",
                "DELETE FROM products",
        };

        fixture_create(f, "SKU-1", "Radio");
        for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
                int64_t before = test_sql_int64(f->dsn, "SELECT version FROM catalog_version");

                test_sql(f->dsn, changes[i]);
                ck_assert_int_gt(test_sql_int64(f->dsn, "SELECT version FROM catalog_version"), before);
        }
}

int main(void) {
        Suite *suite = suite_create("catalog/cache");
        TCase *tests = tcase_create("cache");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
