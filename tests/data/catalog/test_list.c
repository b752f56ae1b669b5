#include "fixture.h"

#include <string.h>

#include "base/memory.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static void add(const char *sku, const char *name, const char *category_id, const char *seller_id,
                int64_t price_minor, const char *currency) {
        Product wanted = fixture_product(sku, name);
        const Product *product;

        wanted.category_id = category_id;
        wanted.seller_id = seller_id;
        wanted.base_price_minor = price_minor;
        wanted.currency = currency;
        ck_assert_ok(catalog_create(&f->catalog, fixture_ctx(f), &wanted, &product));
}

static void fill(void) {
        add("SKU-A", "Premium Wireless Headphones", "CAT-LEAF", "SELLER-1", 100, "USD");
        add("SKU-B", "Wool Blanket", "CAT-MIDDLE", "SELLER-2", 200, "USD");
        add("SKU-C", "Headphone Stand", "CAT-TOP", "SELLER-1", 300, "USD");
        add("SKU-D", "Water Bottle", "CAT-LEAF", "SELLER-2", 200, "EUR");
}

/* The SKUs of what is listed, one letter each. */
static const char *listed(ProductQuery query) {
        Ctx *ctx = fixture_ctx(f);
        StrBuf letters = { .arena = ctx->arena };
        ProductPage page;

        ck_assert_ok(catalog_list(&f->catalog, ctx, query, &page));
        for (size_t i = 0; i < page.n_products; i++)
                strbuf_add_char(&letters, page.products[i].sku[strlen("SKU-")]);
        return strbuf_text(&letters);
}

TEST(all_are_listed_newest_first) {
        fill();
        ck_assert_str_eq(listed((ProductQuery) { 0 }), "DCBA");
}

TEST(a_category_is_listed_with_those_below_it) {
        fill();
        ck_assert_str_eq(listed((ProductQuery) { .category_id = "CAT-LEAF" }), "DA");
        ck_assert_str_eq(listed((ProductQuery) { .category_id = "CAT-MIDDLE" }), "DBA");
        ck_assert_str_eq(listed((ProductQuery) { .category_id = "CAT-TOP" }), "DCBA");
        ck_assert_str_eq(listed((ProductQuery) { .category_id = "CAT-NONE" }), "");
}

TEST(filters_hold_together) {
        fill();
        ck_assert_str_eq(listed((ProductQuery) { .seller_id = "SELLER-1" }), "CA");
        ck_assert_str_eq(listed((ProductQuery) { .seller_id = "SELLER-1", .category_id = "CAT-MIDDLE" }),
                         "A");
        ck_assert_str_eq(listed((ProductQuery) { .currency = "EUR" }), "D");
        ck_assert_str_eq(listed((ProductQuery) { .currency = "USD", .min_price_minor = 200 }), "CB");
        ck_assert_str_eq(listed((ProductQuery) { .currency = "USD", .max_price_minor = 200 }), "BA");
        ck_assert_str_eq(listed((ProductQuery) { .currency = "USD", .min_price_minor = 201,
                                                 .max_price_minor = 299 }), "");
        ck_assert_str_eq(listed((ProductQuery) { .text = "headphones", .category_id = "CAT-LEAF" }), "A");
        ck_assert_str_eq(listed((ProductQuery) { .text = "headphones", .seller_id = "SELLER-2" }), "");
}

TEST(a_text_finds_words_in_any_form_and_names_that_are_almost_the_same) {
        fill();
        ck_assert_str_eq(listed((ProductQuery) { .text = "headphones" }), "CA");
        ck_assert_str_eq(listed((ProductQuery) { .text = "wireless -stand" }), "A");
        ck_assert_str_eq(listed((ProductQuery) { .text = "blankett" }), "B");
        ck_assert_str_eq(listed((ProductQuery) { .text = "SKU-D" }), "D");
        ck_assert_str_eq(listed((ProductQuery) { .text = "the" }), "");
        ck_assert_str_eq(listed((ProductQuery) { .text = "'); DROP TABLE products; --" }), "");
}

TEST(what_is_left_out_is_left_out_of_names_that_are_almost_it_too) {
        fill();
        ck_assert_str_eq(listed((ProductQuery) { .text = "wireless -headphones" }), "");
        ck_assert_str_eq(listed((ProductQuery) { .text = "headphones -wireless" }), "C");
        ck_assert_str_eq(listed((ProductQuery) { .text = "blankett -wool" }), "");
        ck_assert_str_eq(listed((ProductQuery) { .text = "headphones -\"wireless headphones\"" }), "C");
        ck_assert_str_eq(listed((ProductQuery) { .text = "-headphones" }), "DB");
        ck_assert_str_eq(listed((ProductQuery) { .text = "blankett -the" }), "B");
}

static const char *repeated(const char *text, size_t n) {
        StrBuf all = { .arena = test_ctx()->arena };

        for (size_t i = 0; i < n; i++)
                strbuf_add(&all, text);
        return strbuf_text(&all);
}

/* PostgreSQL refuses more than 32 operators of one kind behind each other. */
TEST(no_text_is_too_much_for_the_search) {
        static const char *const parts[] = { "-", "- ", "-\xc2\xa0", "-\xe3\x80\x80", "-\"", "\"-", "-a ",
                                             "a or ", "or ", "(", "!", "&", "|", "<->", ":*", "'", "\\",
                                             "-'", "-(", "\x01", "\"a\" -" };

        fill();
        for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
                for (size_t n = 32; n <= 34; n++)
                        listed((ProductQuery) { .text = repeated(parts[i], n) });
        ck_assert_str_eq(listed((ProductQuery) { .text = repeated("-", 33) }), "");
        ck_assert_str_eq(listed((ProductQuery) { .text = repeated("- ", 33) }), "");
}

TEST(what_is_not_for_sale_is_listed_on_demand_only) {
        fill();
        test_sql(f->dsn, "UPDATE products SET active = false WHERE sku = 'SKU-A';"
                         "UPDATE sellers SET active = false WHERE seller_id = 'SELLER-2'");
        ck_assert_str_eq(listed((ProductQuery) { 0 }), "C");
        ck_assert_str_eq(listed((ProductQuery) { .text = "headphones" }), "C");
        ck_assert_str_eq(listed((ProductQuery) { .with_inactive = true }), "DCBA");
}

TEST(pages_follow_each_other_without_a_gap_also_among_products_of_one_time) {
        ProductPosition after;
        ProductPage page;
        StrBuf letters = { .arena = test_ctx()->arena };
        bool has_more = true;

        fill();
        test_sql(f->dsn, "UPDATE products SET created_at = '2024-01-01Z'");
        for (ProductQuery query = { .limit = 1 }; has_more; query.after = &after) {
                ck_assert_ok(catalog_list(&f->catalog, fixture_ctx(f), query, &page));
                ck_assert_uint_eq(page.n_products, 1);
                strbuf_add(&letters, page.products[0].sku);
                after = (ProductPosition) { page.products[0].created_at_us, page.products[0].product_id };
                has_more = page.has_more;
        }
        ck_assert_str_eq(strbuf_text(&letters),
                         test_sql_text(f->dsn, "SELECT string_agg(sku, '' ORDER BY product_id DESC)"
                                               "  FROM products"));
}

/* The plan of a query, as a session of the pool makes it. */
static const char *plan_of(const char *query) {
        return test_sql_text(
                f->dsn,
                arena_printf(test_ctx()->arena,
                             "CREATE OR REPLACE FUNCTION plan() RETURNS text LANGUAGE plpgsql AS $$"
                             " DECLARE line text; lines text := ''; BEGIN"
                             " SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
                             " FOR line IN EXPLAIN %s LOOP lines := lines || line; END LOOP;"
                             " RETURN lines; END $$; SELECT plan()",
                             query));
}

TEST(each_way_of_listing_has_its_index) {
        static const struct {
                const char *query;
                const char *index;
        } samples[] = {
                { "SELECT product_id FROM products WHERE (created_at, product_id) < (now(), 'x')"
                  " ORDER BY created_at DESC, product_id DESC LIMIT 20", "products_by_age" },
                { "SELECT product_id FROM products WHERE category_id = ANY (ARRAY['CAT-LEAF'])"
                  " AND (created_at, product_id) < (now(), 'x')", "products_by_category" },
                { "SELECT product_id FROM products WHERE seller_id = 'SELLER-1'"
                  " AND (created_at, product_id) < (now(), 'x')", "products_by_seller" },
                { "SELECT product_id FROM products WHERE search @@ websearch_to_tsquery('english', 'radio')",
                  "products_by_words" },
                { "SELECT product_id FROM products WHERE 'radio' <% name", "products_by_name" },
        };

        fill();
        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                const char *plan = plan_of(samples[i].query);

                ck_assert_msg(strstr(plan, samples[i].index), "%s: %s", samples[i].index, plan);
        }
}

int main(void) {
        Suite *suite = suite_create("catalog/list");
        TCase *tests = tcase_create("list");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
