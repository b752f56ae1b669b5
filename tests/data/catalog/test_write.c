#include "fixture.h"

#include "base/memory.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static const Product *get(const char *product_id) {
        const Product *product;

        ck_assert_ok(catalog_get(&f->catalog, fixture_ctx(f), product_id, &product));
        return product;
}

static const char *history(void) {
        return test_sql_text(f->dsn, "SELECT coalesce(string_agg(concat_ws(' ', subject, version, actor,"
                                     "                                     content->>'name'), ', '"
                                     "                           ORDER BY changed_at, version), '')"
                                     "  FROM product_history");
}

TEST(a_product_reads_back_as_it_was_answered) {
        ProductAttribute attributes[] = { { "size", "3:M" }, { "color", "\"r\xc3\xa9" "d\"" } };
        Product wanted = fixture_product("SKU-1", "Radio");
        const Product *created;

        wanted.description = "It's small";
        wanted.attributes = attributes;
        wanted.n_attributes = ARRAY_SIZE(attributes);
        wanted.image_url = "https://example/1.jpg";
        wanted.tax_class = "reduced";
        wanted.weight_grams = 1;
        wanted.length_mm = 2;
        wanted.width_mm = 3;
        wanted.height_mm = 4;
        ck_assert_ok(catalog_create(&f->catalog, fixture_ctx(f), &wanted, &created));
        Product read = *get(created->product_id), answered = *created;
        ck_assert_uint_eq(read.n_category_ids, 3);
        ck_assert_str_eq(read.category_ids[0], "CAT-LEAF");
        ck_assert_str_eq(read.category_ids[2], "CAT-TOP");
        read.read_at_us = answered.read_at_us;
        Bytes a = f->catalog.snapshots.product(test_ctx(), &read);
        Bytes b = f->catalog.snapshots.product(test_ctx(), &answered);
        ck_assert_uint_eq(a.n_bytes, b.n_bytes);
        ck_assert_mem_eq(a.data, b.data, a.n_bytes);
        ck_assert_str_eq(history(), "product 1 USER-ADMIN Radio");
}

TEST(a_sku_is_given_once) {
        Product wanted = fixture_product("SKU-1", "Other");
        const Product *product;

        fixture_create(f, "SKU-1", "Radio");
        ck_assert_reason(catalog_create(&f->catalog, fixture_ctx(f), &wanted, &product), REASON_SKU_TAKEN);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM product_history"), 1);
}

static const char *wrong_field_of(const Product *wanted) {
        const Product *product;

        return ck_assert_reason(catalog_create(&f->catalog, fixture_ctx(f), wanted, &product),
                                REASON_INVALID_REQUEST)->violations[0].field;
}

TEST(a_category_and_a_seller_must_be_there) {
        Product wanted = fixture_product("SKU-1", "Radio");

        wanted.category_id = "CAT-NONE";
        ck_assert_str_eq(wrong_field_of(&wanted), "content.categoryId");
        wanted = fixture_product("SKU-1", "Radio");
        wanted.seller_id = "SELLER-NONE";
        ck_assert_str_eq(wrong_field_of(&wanted), "sellerId");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM products"), 0);
}

static const Error *update(Ctx *ctx, const char *product_id, int64_t version, const char *name) {
        Product wanted = fixture_product(NULL, name);
        const Product *product;

        wanted.product_id = product_id;
        wanted.version = version;
        return catalog_update(&f->catalog, ctx, &wanted, &product);
}

TEST(an_update_is_one_version_and_one_line_of_the_history) {
        const char *id = fixture_create(f, "SKU-1", "Radio")->product_id;

        ck_assert_ok(update(fixture_ctx(f), id, 1, "Large radio"));
        ck_assert_int_eq(get(id)->version, 2);
        ck_assert_str_eq(get(id)->name, "Large radio");
        ck_assert_str_eq(get(id)->sku, "SKU-1");
        ck_assert_int_lt(get(id)->created_at_us, get(id)->updated_at_us);
        ck_assert_reason(update(fixture_ctx(f), id, 1, "Lost"), REASON_PRODUCT_CHANGED);
        ck_assert_str_eq(history(), "product 1 USER-ADMIN Radio, product 2 USER-ADMIN Large radio");
}

/* Whoever has read the version before, and comes later than another. */
TEST(a_version_is_written_once) {
        CatalogRepo *repo = f->catalog.repo;
        Product product = *fixture_create(f, "SKU-1", "Radio");
        Seller seller = { .seller_id = "SELLER-1", .name = "One", .version = 2 };
        CatalogVerdict verdict;

        product.version = 2;
        ck_assert_ok(repo->update_product(repo, test_ctx(), &product, "A", &verdict));
        ck_assert_int_eq(verdict, CATALOG_WRITTEN);
        ck_assert_ok(repo->update_product(repo, test_ctx(), &product, "B", &verdict));
        ck_assert_int_eq(verdict, CATALOG_CHANGED);
        ck_assert_ok(repo->update_seller(repo, test_ctx(), &seller, "A", &verdict));
        ck_assert_int_eq(verdict, CATALOG_WRITTEN);
        ck_assert_ok(repo->update_seller(repo, test_ctx(), &seller, "B", &verdict));
        ck_assert_int_eq(verdict, CATALOG_CHANGED);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM product_history WHERE actor = 'B'"), 0);
}

TEST(a_seller_that_is_not_active_sells_nothing) {
        const char *id = fixture_create(f, "SKU-1", "Radio")->product_id;
        Seller off = { .seller_id = "SELLER-1", .name = "One", .version = 1 };
        const Seller *seller;

        ck_assert(catalog_is_for_sale(get(id)));
        ck_assert_ok(catalog_update_seller(&f->catalog, fixture_ctx(f), &off, &seller));
        ck_assert(get(id)->is_active && !catalog_is_for_sale(get(id)));
        ck_assert_reason(catalog_update_seller(&f->catalog, fixture_ctx(f), &off, &seller),
                         REASON_SELLER_CHANGED);
        ck_assert_str_eq(history(), "product 1 USER-ADMIN Radio, seller 2 USER-ADMIN One");
}

TEST(a_seller_reads_back_and_is_added_once) {
        Seller wanted = { .seller_id = "SELLER-3", .name = "Three", .is_active = true };
        const Seller *created, *read;

        ck_assert_ok(catalog_create_seller(&f->catalog, fixture_ctx(f), &wanted, &created));
        ck_assert_ok(f->catalog.repo->find_seller(f->catalog.repo, test_ctx(), "SELLER-3", &read));
        ck_assert_str_eq(read->name, "Three");
        ck_assert(read->is_active);
        ck_assert_int_eq(read->version, 1);
        ck_assert_int_eq(read->created_at_us, created->created_at_us);
        ck_assert_reason(catalog_create_seller(&f->catalog, fixture_ctx(f), &wanted, &created),
                         REASON_SELLER_TAKEN);
        ck_assert_str_eq(history(), "seller 1 USER-ADMIN Three");
}

static const Error *create_category(const char *category_id, const char *parent_id) {
        Category wanted = { .category_id = category_id, .name = "New", .parent_id = parent_id };
        const Category *category;

        return catalog_create_category(&f->catalog, fixture_ctx(f), &wanted, &category);
}

TEST(a_category_is_added_once_below_one_that_there_is) {
        ck_assert_ok(create_category("CAT-NEW", "CAT-LEAF"));
        ck_assert_ok(create_category("CAT-ROOT", NULL));
        ck_assert_reason(create_category("CAT-NEW", NULL), REASON_CATEGORY_TAKEN);
        const Error *error = ck_assert_reason(create_category("CAT-X", "CAT-NONE"), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "parentId");
        ck_assert_str_eq(history(), "category 1 USER-ADMIN New, category 1 USER-ADMIN New");
}

/* CAT-LEAF is at the third level. */
TEST(a_category_is_at_most_at_the_last_level) {
        const char *parent_id = "CAT-LEAF";

        for (int level = 4; level <= CATALOG_CATEGORY_LEVELS; level++) {
                const char *category_id = arena_printf(test_ctx()->arena, "CAT-%d", level);

                ck_assert_ok(create_category(category_id, parent_id));
                parent_id = category_id;
        }
        const Error *error = ck_assert_reason(create_category("CAT-X", parent_id), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "parentId");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM categories"), CATALOG_CATEGORY_LEVELS);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM product_history"),
                         CATALOG_CATEGORY_LEVELS - 3);
}

int main(void) {
        Suite *suite = suite_create("catalog/write");
        TCase *tests = tcase_create("write");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
