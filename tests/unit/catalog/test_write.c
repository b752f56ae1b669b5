#include "fake.h"

static Product wanted(void) {
        Product product = fake_product(NULL, "SKU-9");

        product.version = 0;
        return product;
}

static const Error *create(Ctx *ctx, const Product *product) {
        const Product *created;

        return catalog_create(&catalog, ctx, product, &created);
}

static const Error *update(Ctx *ctx, int64_t version) {
        Product product = wanted();
        const Product *updated;

        product.product_id = "PROD-1";
        product.version = version;
        return catalog_update(&catalog, ctx, &product, &updated);
}

TEST(a_new_product_has_an_id_a_version_and_its_answer_kept) {
        Product product = wanted();
        const Product *created;

        ck_assert_ok(catalog_create(&catalog, ctx_of("USER-ADMIN", ROLE_ADMIN), &product, &created));
        ck_assert_int_eq(strncmp(created->product_id, "PROD-", 5), 0);
        ck_assert_int_eq(created->version, 1);
        ck_assert(catalog_is_for_sale(created));
        ck_assert_int_eq(created->created_at_us, created->updated_at_us);
        ck_assert_int_gt(created->created_at_us, 0);
        ck_assert_str_eq(repo.written.sku, "SKU-9");
        ck_assert_str_eq(repo.actor, "USER-ADMIN");
        ck_assert_mem_eq(repo.answer.data, created->product_id, repo.answer.n_bytes);
}

TEST(nothing_of_a_seller_who_is_not_active_is_for_sale) {
        Product product = wanted();
        const Product *created;

        repo.seller.is_active = false;
        ck_assert_ok(catalog_create(&catalog, ctx_of("USER-ADMIN", ROLE_ADMIN), &product, &created));
        ck_assert(created->is_active && !catalog_is_for_sale(created));
}

TEST(a_seller_adds_its_own_products_alone) {
        Product own = wanted(), other = wanted();

        own.seller_id = "";
        ck_assert_ok(create(ctx_of("SELLER-1", ROLE_SELLER), &own));
        ck_assert_str_eq(repo.written.seller_id, "SELLER-1");
        other.seller_id = "SELLER-2";
        const Error *error =
                ck_assert_reason(create(ctx_of("SELLER-1", ROLE_SELLER), &other), REASON_SELLER_MISMATCH);
        ck_assert_str_eq(error->violations[0].field, "sellerId");
        ck_assert_uint_eq(repo.n_writes, 1);
}

TEST(attributes_are_shown_in_the_order_of_their_names) {
        ProductAttribute attributes[] = { { "size", "M" }, { "color", "red" } };
        Product product = wanted();
        const Product *created;

        product.attributes = attributes;
        product.n_attributes = 2;
        ck_assert_ok(catalog_create(&catalog, ctx_of("USER-ADMIN", ROLE_ADMIN), &product, &created));
        ck_assert_str_eq(created->attributes[0].name, "color");
        ck_assert_str_eq(created->attributes[1].value, "M");
}

static const char *wrong_field_of(const Product *product) {
        return ck_assert_reason(create(ctx_of("USER-ADMIN", ROLE_ADMIN), product), REASON_INVALID_REQUEST)
                ->violations[0].field;
}

TEST(wrong_content_is_named_with_its_path) {
        ProductAttribute twice[] = { { "color", "red" }, { "size", "M" }, { "color", "blue" } };
        Product product = wanted();

        product.currency = "usd";
        ck_assert_str_eq(wrong_field_of(&product), "content.currency");
        product = wanted();
        product.attributes = twice;
        product.n_attributes = 3;
        ck_assert_str_eq(wrong_field_of(&product), "content.attributes[2].name");
        product = wanted();
        product.image_url = "javascript:alert(1)";
        ck_assert_str_eq(wrong_field_of(&product), "content.imageUrl");
        ck_assert_uint_eq(repo.n_writes, 0);
}

TEST(what_a_product_names_must_be_there) {
        Product product = wanted();

        repo.verdict = CATALOG_NO_CATEGORY;
        ck_assert_str_eq(wrong_field_of(&product), "content.categoryId");
        repo.verdict = CATALOG_NO_SELLER;
        ck_assert_str_eq(wrong_field_of(&product), "sellerId");
        repo.has_seller = false;
        repo.verdict = CATALOG_WRITTEN;
        ck_assert_str_eq(wrong_field_of(&product), "sellerId");
}

TEST(a_sku_belongs_to_one_product) {
        Product product = wanted();

        repo.verdict = CATALOG_TAKEN;
        const Error *error =
                ck_assert_reason(create(ctx_of("USER-ADMIN", ROLE_ADMIN), &product), REASON_SKU_TAKEN);
        ck_assert_int_eq(error->code, ERROR_ALREADY_EXISTS);
}

TEST(an_update_keeps_sku_seller_and_birth_and_counts_on) {
        ck_assert_ok(update(ctx_of("SELLER-1", ROLE_SELLER), 3));
        ck_assert_str_eq(repo.written.sku, "SKU-1");
        ck_assert_str_eq(repo.written.seller_id, "SELLER-1");
        ck_assert_int_eq(repo.written.version, 4);
        ck_assert_int_eq(repo.written.created_at_us, 1000);
        ck_assert_int_gt(repo.written.updated_at_us, 2000);
        ck_assert(catalog_is_for_sale(&repo.written));
}

TEST(an_update_of_another_version_is_refused_with_the_one_there_is) {
        const Error *error =
                ck_assert_reason(update(ctx_of("USER-ADMIN", ROLE_ADMIN), 2), REASON_PRODUCT_CHANGED);

        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_str_eq(error->records[0].values[0].key, "version");
        ck_assert_int_eq(error->records[0].values[0].number, 3);
        ck_assert_uint_eq(repo.n_writes, 0);
}

TEST(an_update_that_another_overtakes_is_refused) {
        repo.verdict = CATALOG_CHANGED;
        ck_assert_reason(update(ctx_of("USER-ADMIN", ROLE_ADMIN), 3), REASON_PRODUCT_CHANGED);
}

TEST(a_seller_changes_its_own_products_alone) {
        ck_assert_reason(update(ctx_of("SELLER-2", ROLE_SELLER), 3), REASON_SELLER_MISMATCH);
        repo.has_product = false;
        ck_assert_reason(update(ctx_of("SELLER-1", ROLE_SELLER), 3), REASON_PRODUCT_NOT_FOUND);
        ck_assert_uint_eq(repo.n_writes, 0);
}

TEST(a_seller_is_added_once) {
        Seller seller = { .seller_id = "SELLER-9", .name = "Nine", .is_active = true };
        const Seller *created;
        Ctx *ctx = ctx_of("USER-ADMIN", ROLE_ADMIN);

        ck_assert_ok(catalog_create_seller(&catalog, ctx, &seller, &created));
        ck_assert_int_eq(created->version, 1);
        ck_assert_mem_eq(repo.answer.data, "SELLER-9", repo.answer.n_bytes);
        repo.verdict = CATALOG_TAKEN;
        ck_assert_reason(catalog_create_seller(&catalog, ctx, &seller, &created), REASON_SELLER_TAKEN);
}

static const Error *update_seller(int64_t version, const Seller **ret_seller) {
        Seller seller = { .seller_id = "SELLER-9", .name = "Nine", .version = version };

        return catalog_update_seller(&catalog, ctx_of("USER-ADMIN", ROLE_ADMIN), &seller, ret_seller);
}

TEST(a_seller_is_changed_from_the_version_that_there_is) {
        const Seller *seller;

        ck_assert_ok(update_seller(2, &seller));
        ck_assert_int_eq(seller->version, 3);
        ck_assert(!repo.written_seller.is_active);
        ck_assert_reason(update_seller(1, &seller), REASON_SELLER_CHANGED);
        repo.verdict = CATALOG_CHANGED;
        ck_assert_reason(update_seller(2, &seller), REASON_SELLER_CHANGED);
        repo.has_seller = false;
        ck_assert_reason(update_seller(2, &seller), REASON_SELLER_NOT_FOUND);
}

static const Error *create_category(const char *category_id, const char *parent_id) {
        Category category = { .category_id = category_id, .name = "New", .parent_id = parent_id };
        const Category *created;

        return catalog_create_category(&catalog, ctx_of("USER-ADMIN", ROLE_ADMIN), &category, &created);
}

TEST(a_category_is_added_once_and_below_one_that_there_is) {
        ck_assert_ok(create_category("CAT-9", NULL));
        ck_assert_ptr_null(repo.written_category.parent_id);
        repo.verdict = CATALOG_TAKEN;
        ck_assert_reason(create_category("CAT-9", NULL), REASON_CATEGORY_TAKEN);
        repo.verdict = CATALOG_NO_CATEGORY;
        const Error *error = ck_assert_reason(create_category("CAT-9", "CAT-8"), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "parentId");
        repo.verdict = CATALOG_WRITTEN;
        ck_assert_reason(create_category("CAT-9", "CAT-9"), REASON_INVALID_REQUEST);
}

int main(void) {
        Suite *suite = suite_create("catalog/write");
        TCase *tests = tcase_create("write");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
