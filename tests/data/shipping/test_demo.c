#include <stdio.h>

#include "base/str.h"
#include "fixture.h"

#define MAX_FILE_BYTES 65536

static Fixture *f;
static ShippingQuote quote;

static void load(void) {
        char *sql = arena_alloc(test_ctx()->arena, MAX_FILE_BYTES);
        FILE *file = fopen(SHIPPING_DEMO_SQL, "re");

        ck_assert_ptr_nonnull(file);
        ck_assert_uint_lt(fread(sql, 1, MAX_FILE_BYTES, file), MAX_FILE_BYTES);
        fclose(file);
        test_sql(f->dsn, sql);
}

static void set_up(void) {
        f = fixture_new();
        load();
}

/* The parcel of the sample of document 000: two headphones and a speaker of one seller. */
static const Error *ask(const char *country, const char *state, const char *currency, const char *tier,
                        const char *warehouse_id, int64_t quantity) {
        ParcelLine lines[] = { { quantity, 250, 190, 170, 80 }, { 1, 540, 210, 80, 80 } };
        Parcel parcel = { "SELLER-1", warehouse_id, lines, 2 };
        ShippingQuestion question = { &parcel, 1, country, state, currency, tier };

        return shipping_quote(&f->tariff, test_ctx(), &question, 0, NULL, &quote);
}

/* "standard 1599, express 2999" */
static const char *prices(void) {
        StrBuf text = { .arena = test_ctx()->arena };

        for (size_t i = 0; i < quote.n_options; i++)
                strbuf_addf(&text, "%s%s %lld", i ? ", " : "", shipping_method_word(quote.options[i].method),
                            (long long) quote.options[i].total_minor);
        return strbuf_text(&text);
}

TEST(the_demo_is_loaded_once) {
        int64_t n_rules = test_sql_int64(f->dsn, "SELECT count(*) FROM shipping_rules");

        load();
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM shipping_rules"), n_rules);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version FROM shipping_version"), n_rules);
}

/* The sample of document 000, whose customer is gold. */
TEST(the_sample_costs_15_99) {
        ck_assert_ok(ask("US", "CA", "USD", "gold", "US-WEST-01", 2));
        ck_assert_str_eq(prices(), "standard 1599, express 2999, overnight 4999");
        ck_assert_int_eq(quote.options[0].parcels[0].transit->days, 5);
        ck_assert_int_eq(quote.options[1].parcels[0].transit->days, 2);
        ck_assert_int_eq(quote.options[2].parcels[0].transit->days, 1);
}

TEST(what_the_table_of_orders_charged_is_charged) {
        ck_assert_ok(ask("DE", "", "EUR", "", "EU-CENTRAL-01", 2));
        ck_assert_str_eq(prices(), "standard 690, express 1490");
        ck_assert_int_eq(quote.options[0].parcels[0].transit->days, 4);
        ck_assert_ok(ask("VN", "", "VND", "", "VN-SOUTH-01", 2));
        ck_assert_str_eq(prices(), "standard 35000");
        ck_assert_int_eq(quote.options[0].parcels[0].transit->days, 3);
        ck_assert_ok(ask("US", "OR", "USD", "bronze", "US-EAST-01", 100));
        ck_assert_str_eq(prices(), "standard 1599, express 2999, overnight 4999");
        ck_assert_reason(ask("FR", "", "EUR", "", "EU-CENTRAL-01", 1), REASON_DESTINATION_NOT_SERVED);
        ck_assert_reason(ask("US", "CA", "EUR", "", "US-WEST-01", 1), REASON_NO_SHIPPING_METHOD);
}

TEST(what_comes_from_afar_takes_longer) {
        ck_assert_ok(ask("DE", "", "EUR", "", "US-WEST-01", 1));
        ck_assert_int_eq(quote.options[0].parcels[0].transit->days, 9);
        ck_assert_ok(ask("US", "HI", "USD", "", "US-WEST-01", 1));
        ck_assert_int_eq(quote.options[0].parcels[0].transit->days, 12);
}

TEST(a_freight_costs_more_and_platinum_sends_for_nothing) {
        ck_assert_ok(ask("US", "CA", "USD", "", "US-WEST-01", 200));
        ck_assert_int_gt(quote.options[0].total_minor, 1599);
        ck_assert_ok(ask("US", "CA", "USD", "platinum", "US-WEST-01", 2));
        ck_assert_str_eq(prices(), "standard 0, express 2999, overnight 4999");
        ck_assert_ok(ask("US", "CA", "USD", "platinum", "US-WEST-01", 200));
        ck_assert_int_gt(quote.options[0].total_minor, 1599);
}

int main(void) {
        Suite *suite = suite_create("shipping/demo");
        TCase *tests = tcase_create("demo");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
