#include "fake.h"

#include "base/memory.h"

TEST(a_product_that_is_not_there_is_not_found) {
        const Product *product;

        ck_assert_ok(catalog_get(&catalog, test_ctx(), "PROD-1", &product));
        repo.has_product = false;
        ck_assert_reason(catalog_get(&catalog, test_ctx(), "PROD-1", &product), REASON_PRODUCT_NOT_FOUND);
}

TEST(a_page_has_20_products_or_what_was_asked_for_up_to_100) {
        static const struct {
                int64_t limit;
                size_t n;
        } samples[] = { { 0, 20 }, { 1, 1 }, { 100, 100 }, { 101, 100 } };
        ProductPage page;

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                ck_assert_ok(catalog_list(&catalog, ctx_of("", 0),
                                          (ProductQuery) { .limit = samples[i].limit }, &page));
                ck_assert_uint_eq(page.n_products, samples[i].n);
                ck_assert(page.has_more);
        }
}

static const char *wrong_field_of(ProductQuery query) {
        ProductPage page;

        return ck_assert_reason(catalog_list(&catalog, ctx_of("", 0), query, &page), REASON_INVALID_REQUEST)
                ->violations[0].field;
}

TEST(bounds_of_the_price_need_a_currency_and_their_order) {
        ProductPage page;

        ck_assert_str_eq(wrong_field_of((ProductQuery) { .min_price_minor = 1 }), "currency");
        ck_assert_str_eq(wrong_field_of((ProductQuery) { .max_price_minor = 1 }), "currency");
        ck_assert_str_eq(wrong_field_of((ProductQuery) { .currency = "usd" }), "currency");
        ck_assert_str_eq(wrong_field_of((ProductQuery) { .currency = "USD", .min_price_minor = 2,
                                                         .max_price_minor = 1 }), "maxPriceMinor");
        ck_assert_ok(catalog_list(&catalog, ctx_of("", 0),
                                  (ProductQuery) { .currency = "USD", .min_price_minor = 1,
                                                   .max_price_minor = 1 }, &page));
}

/* Somebody without a token comes as the gateway, which is a service. */
TEST(what_is_not_for_sale_is_listed_for_an_admin_and_its_seller_alone) {
        ProductQuery all = { .with_inactive = true };
        ProductQuery own = { .with_inactive = true, .seller_id = "SELLER-1" };
        ProductPage page;

        ck_assert_ok(catalog_list(&catalog, ctx_of("USER-ADMIN", ROLE_ADMIN), all, &page));
        ck_assert(repo.query.with_inactive);
        ck_assert_ok(catalog_list(&catalog, ctx_of("SELLER-1", ROLE_SELLER), own, &page));
        ck_assert_reason(catalog_list(&catalog, ctx_of("SELLER-1", ROLE_SELLER), all, &page),
                         REASON_SELLER_MISMATCH);
        ck_assert_reason(catalog_list(&catalog, ctx_of("SELLER-2", ROLE_SELLER), own, &page),
                         REASON_SELLER_MISMATCH);
        ck_assert_reason(catalog_list(&catalog, ctx_of("SELLER-1", ROLE_CUSTOMER), own, &page),
                         REASON_SELLER_MISMATCH);
        ck_assert_reason(catalog_list(&catalog, ctx_of("gateway", ROLE_SERVICE), all, &page),
                         REASON_SELLER_MISMATCH);
}

int main(void) {
        Suite *suite = suite_create("catalog/query");
        TCase *tests = tcase_create("query");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
