#include <stdio.h>

#include "catalog_migrations.h"
#include "pool.h"

#define MAX_FILE_BYTES 65536

static const char *dsn;

static void set_up(void) {
        test_pool("catalog_demo", &catalog_schema, &dsn);
}

static void load(const char *name) {
        Arena *arena = test_ctx()->arena;
        char *sql = arena_alloc(arena, MAX_FILE_BYTES);
        FILE *file = fopen(arena_printf(arena, PROJECT "/catalog/demo/%s", name), "re");

        ck_assert_ptr_nonnull(file);
        ck_assert_uint_lt(fread(sql, 1, MAX_FILE_BYTES, file), MAX_FILE_BYTES);
        fclose(file);
        test_sql(dsn, sql);
}

TEST(the_shop_is_whole_and_is_loaded_once) {
        for (int i = 0; i < 2; i++) {
                load("demo.sql");
                ck_assert_str_eq(test_sql_text(dsn, "SELECT (SELECT count(*) FROM products) || ' '"
                                                    "    || (SELECT count(*) FROM categories) || ' '"
                                                    "    || (SELECT count(*) FROM sellers) || ' '"
                                                    "    || (SELECT count(*) FROM product_history)"),
                                 "58 8 4 70");
        }
}

/* With these the sample of document 000 comes out to the cent. */
TEST(the_products_of_the_sample_are_among_them) {
        load("demo.sql");
        ck_assert_str_eq(
                test_sql_text(dsn, "SELECT string_agg(concat_ws(' ', sku, product_id, name, base_price_minor,"
                                   "                            currency, tax_class), ', ' ORDER BY sku)"
                                   "  FROM products WHERE product_id IN ('PROD-67890', 'PROD-11111',"
                                   "                                     'PROD-SHORT')"),
                "SKU-ABC-001 PROD-67890 Premium Wireless Headphones 24999 USD standard, "
                "SKU-DEF-002 PROD-11111 Portable Bluetooth Speaker 15000 USD standard, "
                "SKU-SHORT-001 PROD-SHORT Limited Edition Turntable 49900 USD standard");
}

TEST(the_benchmark_has_a_thousand_products) {
        for (int i = 0; i < 2; i++) {
                load("bench.sql");
                ck_assert_str_eq(test_sql_text(dsn, "SELECT concat_ws(' ', count(*), min(base_price_minor),"
                                                    "                 max(base_price_minor)) FROM products"),
                                 "1000 1007 8000");
        }
}

int main(void) {
        Suite *suite = suite_create("catalog/demo");
        TCase *tests = tcase_create("demo");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
