#include "base/memory.h"
#include "base/str.h"
#include "book.h"

static void set_up(void) {
        book.n_rules = 0;
}

/* "base_price 1: 100 USD; ..." of the first line. */
static const char *steps_of(const PricedCart *priced) {
        static const char *const names[] = { "base", "list", "catalog", "conversion", "markup", "break" };
        StrBuf text = { .arena = test_ctx()->arena };

        for (size_t i = 0; i < priced->lines[0].n_steps; i++) {
                const PriceStep *step = &priced->lines[0].steps[i];

                strbuf_addf(&text, "%s%s %lld: %lld %s", i > 0 ? "; " : "", names[step->kind],
                            (long long) step->rule_id, (long long) step->after_minor, step->after_currency);
        }
        return strbuf_text(&text);
}

static PriceRuleVerdict verdict_of(const PricedCart *priced, const PriceRule *rule) {
        for (size_t i = 0; i < priced->n_tried; i++)
                if (priced->tried[i].rule->id == rule->id)
                        return priced->tried[i].verdict;
        return 0;
}

TEST(the_base_price_is_the_newest_that_is_valid) {
        CartLine line = book_line(2);
        Cart cart = book_cart(&line);
        PriceRule *old = book_base(100), *present = book_base(120), *future = book_base(150);

        future->valid_from_us = BOOK_NOW + 1;
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 2: 120 USD");
        ck_assert_int_eq(priced.lines[0].total_minor, 240);
        ck_assert_int_eq(priced.subtotal_minor, 240);
        ck_assert_int_eq(verdict_of(&priced, old), PRICING_RULE_REPLACED);
        ck_assert_int_eq(verdict_of(&priced, present), PRICING_RULE_USED);
        ck_assert_int_eq(verdict_of(&priced, future), PRICING_RULE_NOT_VALID);
}

TEST(a_rule_counts_from_its_first_moment_to_before_its_last) {
        PriceRule *rule;

        book_base(100);
        rule = book_base(90);
        rule->valid_from_us = BOOK_NOW;
        rule->valid_to_us = BOOK_NOW + 1;
        ck_assert_int_eq(book_unit(1), 90);
        rule->valid_to_us = BOOK_NOW;
        ck_assert_int_eq(book_unit(1), 100);
}

TEST(the_catalog_has_the_price_where_no_rule_has_one) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        line.base_currency = "USD";
        line.base_minor = 77;
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "catalog 0: 77 USD");
        book_base(100);
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD");
}

TEST(a_product_without_a_price_is_named) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        const Error *error = ck_assert_reason(book_refusal(&cart), REASON_PRICE_UNAVAILABLE);
        ck_assert_str_eq(error->records[0].values[0].text, "SKU-A");
        ck_assert_str_eq(error->records[0].values[1].text, "USD");
}

TEST(the_price_in_the_wanted_currency_comes_before_one_that_is_converted) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_price(PRICING_BASE_PRICE, "SKU-A", "EUR", 50);
        book_base(100);
        book_rate("EUR", "USD", PRICING_PPB_ONE);
        book_rate("USD", "EUR", PRICING_PPB_ONE);
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 2: 100 USD");
        cart.currency = "EUR";
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 50 EUR");
}

TEST(of_prices_that_are_converted_the_oldest_counts) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_price(PRICING_BASE_PRICE, "SKU-A", "GBP", 10);
        book_price(PRICING_BASE_PRICE, "SKU-A", "EUR", 50);
        book_base(100);
        book_rate("EUR", "VND", PRICING_PPB_ONE * 27000);
        book_rate("USD", "VND", PRICING_PPB_ONE * 25000);
        cart.currency = "VND";
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 2: 50 EUR; conversion 4: 13500 VND");
        ck_assert_int_eq(verdict_of(&priced, &book.rules[0]), PRICING_RULE_NO_RATE);
        ck_assert_int_eq(verdict_of(&priced, &book.rules[2]), PRICING_RULE_NOT_BEST);
        ck_assert_int_eq(verdict_of(&priced, &book.rules[3]), PRICING_RULE_USED);
}

TEST(the_catalogs_price_does_not_stand_in_for_a_rule_that_cannot_be_converted) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        line.base_currency = "EUR";
        line.base_minor = 77;
        cart.currency = "EUR";
        ck_assert_reason(book_refusal(&cart), REASON_PRICE_UNAVAILABLE);
}

/* What minor units of one currency are in another, at a rate. */
static int64_t converted(const char *from, int64_t minor, const char *to, int64_t rate_ppb) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book.n_rules = 0;
        book_price(PRICING_BASE_PRICE, "SKU-A", from, minor);
        book_rate(from, to, rate_ppb);
        cart.currency = to;
        return book_price_cart(&cart).subtotal_minor;
}

TEST(a_conversion_rounds_half_up_to_the_minor_unit_of_its_target) {
        ck_assert_int_eq(converted("USD", 24999, "VND", INT64_C(25000000000000)), 6249750);
        ck_assert_int_eq(converted("USD", 1, "JPY", INT64_C(50000000000)), 1);
        ck_assert_int_eq(converted("USD", 1, "JPY", INT64_C(49999999999)), 0);
        ck_assert_int_eq(converted("JPY", 1, "USD", INT64_C(5000000)), 1);
        ck_assert_int_eq(converted("JPY", 1, "USD", INT64_C(4999999)), 0);
        ck_assert_int_eq(converted("JPY", 1, "KWD", INT64_C(500000)), 1);
        ck_assert_int_eq(converted("USD", 15000, "EUR", INT64_C(920000000)), 13800);
        ck_assert_int_eq(converted("KWD", 1000000000000, "VND", INT64_C(1000000000000000)),
                         INT64_C(1000000000000000));
}

TEST(a_conversion_that_does_not_fit_is_no_price) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_price(PRICING_BASE_PRICE, "SKU-A", "VND", PRICING_MAX_MINOR);
        book_rate("VND", "KWD", INT64_C(1000000000000000));
        cart.currency = "KWD";
        ck_assert_reason(book_refusal(&cart), REASON_PRICE_UNAVAILABLE);
}

TEST(the_lowest_list_of_the_customer_counts_and_of_two_the_older) {
        static const char *const segments[] = { "vip" };
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        book_price(PRICING_PRICE_LIST, "SKU-A", "USD", 90)->tier = "gold";
        book_share(PRICING_PRICE_LIST, "SKU-A", 1500)->segment = "vip";
        book_price(PRICING_PRICE_LIST, "SKU-A", "USD", 10)->tier = "platinum";
        book_price(PRICING_PRICE_LIST, "SKU-A", "USD", 5)->segment = "staff";
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD");
        cart.tier = "gold";
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "list 2: 90 USD");
        ck_assert_int_eq(verdict_of(&priced, &book.rules[3]), PRICING_RULE_OTHER_CUSTOMERS);
        cart.segments = segments;
        cart.n_segments = 1;
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD; list 3: 85 USD");
        ck_assert_int_eq(verdict_of(&priced, &book.rules[1]), PRICING_RULE_NOT_BEST);
        book.rules[1].amount_minor = 85;
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "list 2: 85 USD");
}

TEST(a_list_may_count_in_another_currency) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        book_price(PRICING_PRICE_LIST, "SKU-A", "EUR", 80)->tier = "gold";
        cart.tier = "gold";
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD");
        ck_assert_int_eq(verdict_of(&priced, &book.rules[1]), PRICING_RULE_NO_RATE);
        book_rate("EUR", "USD", INT64_C(1100000000));
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "list 2: 80 EUR; conversion 3: 88 USD");
}

TEST(a_share_off_a_base_price_that_there_is_not_is_no_price) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_share(PRICING_PRICE_LIST, "SKU-A", 1000)->tier = "gold";
        cart.tier = "gold";
        ck_assert_reason(book_refusal(&cart), REASON_PRICE_UNAVAILABLE);
        line.base_currency = "USD";
        line.base_minor = 100;
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "catalog 0: 100 USD; list 1: 90 USD");
}

TEST(a_warehouse_adds_its_markup_after_the_conversion) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        book_rate("USD", "EUR", INT64_C(900000000));
        PriceRule *markup = book_add(PRICING_WAREHOUSE_MARKUP);
        markup->warehouse_id = "FAR";
        markup->bp = 1050;
        line.warehouse_id = "FAR";
        cart.currency = "EUR";
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD; conversion 2: 90 EUR; markup 3: 99 EUR");
        line.warehouse_id = "NEAR";
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD; conversion 2: 90 EUR");
}

TEST(the_break_with_the_greatest_minimum_that_is_reached_counts) {
        book_base(100);
        book_share(PRICING_QUANTITY_BREAK, "SKU-A", 1000)->min_quantity = 10;
        book_price(PRICING_QUANTITY_BREAK, "SKU-A", "USD", 60)->min_quantity = 50;
        ck_assert_int_eq(book_unit(9), 100);
        ck_assert_int_eq(book_unit(10), 90);
        ck_assert_int_eq(book_unit(49), 90);
        ck_assert_int_eq(book_unit(50), 60);
}

TEST(a_breaks_price_may_count_in_another_currency) {
        CartLine line = book_line(10);
        Cart cart = book_cart(&line);

        book_base(100);
        book_price(PRICING_QUANTITY_BREAK, "SKU-A", "EUR", 80)->min_quantity = 10;
        PricedCart priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD");
        book_rate("EUR", "USD", INT64_C(1100000000));
        priced = book_price_cart(&cart);
        ck_assert_str_eq(steps_of(&priced), "base 1: 100 USD; break 2: 80 EUR; conversion 3: 88 USD");
        ck_assert_int_eq(priced.lines[0].unit_minor, 88);
}

TEST(bulk_discounts_are_one_by_quantity_and_one_by_subtotal) {
        CartLine line = book_line(10);
        Cart cart = book_cart(&line);

        book_base(100);
        book_bulk("ten", 500)->min_quantity = 10;
        book_bulk("five", 300)->min_quantity = 5;
        PriceRule *dear = book_bulk("dear", 200);
        dear->min_subtotal_minor = 1000;
        dear->currency = "USD";
        PricedCart priced = book_price_cart(&cart);
        ck_assert_uint_eq(priced.n_bulk_discounts, 2);
        ck_assert_str_eq(priced.bulk_discounts[0].rule->name, "ten");
        ck_assert_int_eq(priced.bulk_discounts[0].amount_minor, 50);
        ck_assert_str_eq(priced.bulk_discounts[1].rule->name, "dear");
        ck_assert_int_eq(priced.bulk_discounts[1].amount_minor, 20);
        ck_assert_int_eq(priced.subtotal_minor, 1000);
        line.quantity = 9;
        priced = book_price_cart(&cart);
        ck_assert_uint_eq(priced.n_bulk_discounts, 1);
        ck_assert_str_eq(priced.bulk_discounts[0].rule->name, "five");
        ck_assert_int_eq(priced.bulk_discounts[0].amount_minor, 27);
        ck_assert_int_eq(verdict_of(&priced, dear), PRICING_RULE_BELOW_MINIMUM);
}

TEST(of_two_bulk_discounts_that_are_the_same_the_older_counts) {
        book_base(100);
        book_bulk("first", 500)->min_quantity = 1;
        book_bulk("second", 500)->min_quantity = 1;
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);
        ck_assert_str_eq(book_price_cart(&cart).bulk_discounts[0].rule->name, "first");
}

TEST(no_more_is_off_than_there_is_to_pay) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        book_bulk("all", 9000)->min_quantity = 1;
        PriceRule *more = book_bulk("more", 0);
        more->min_subtotal_minor = 1;
        more->currency = "USD";
        more->is_fixed = true;
        more->amount_minor = 50;
        PricedCart priced = book_price_cart(&cart);
        ck_assert_int_eq(priced.bulk_discounts[0].amount_minor, 90);
        ck_assert_int_eq(priced.bulk_discounts[1].amount_minor, 10);
}

TEST(a_bulk_discount_in_another_currency_is_converted_or_does_not_count) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        PriceRule *rule = book_bulk("euro", 0);
        rule->min_subtotal_minor = 50;
        rule->currency = "EUR";
        rule->is_fixed = true;
        rule->amount_minor = 10;
        ck_assert_uint_eq(book_price_cart(&cart).n_bulk_discounts, 0);
        book_rate("EUR", "USD", PRICING_PPB_ONE * 2);
        PricedCart priced = book_price_cart(&cart);
        ck_assert_int_eq(priced.bulk_discounts[0].amount_minor, 20);
        book.rules[1].min_subtotal_minor = 51;
        ck_assert_uint_eq(book_price_cart(&cart).n_bulk_discounts, 0);
}

TEST(the_row_of_the_state_comes_before_that_of_its_country) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        book_tax("CA", "standard", 82030)->taxes_shipping = true;
        book_tax("", "standard", 50000);
        book_tax("", "books", 0);
        cart.country = "US";
        cart.state = "CA";
        ck_assert_int_eq(book_price_cart(&cart).lines[0].tax->tax_ppm, 82030);
        ck_assert(book_price_cart(&cart).lines[0].tax->taxes_shipping);
        cart.state = "NV";
        ck_assert_int_eq(book_price_cart(&cart).lines[0].tax->tax_ppm, 50000);
        cart.state = "";
        ck_assert_int_eq(book_price_cart(&cart).lines[0].tax->tax_ppm, 50000);
        line.tax_class = "books";
        cart.state = "CA";
        ck_assert_int_eq(book_price_cart(&cart).lines[0].tax->tax_ppm, 0);
}

TEST(a_tax_that_nobody_knows_names_country_state_and_class) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);

        book_base(100);
        book_tax("CA", "standard", 82030);
        cart.country = "US";
        cart.state = "NY";
        const Error *error = ck_assert_reason(book_refusal(&cart), REASON_TAX_UNKNOWN);
        ck_assert_str_eq(error->records[0].values[0].text, "US");
        ck_assert_str_eq(error->records[0].values[1].text, "NY");
        ck_assert_str_eq(error->records[0].values[2].text, "standard");
        cart.country = NULL;
        ck_assert_ptr_null(book_price_cart(&cart).lines[0].tax);
}

static void assert_refused(const Cart *cart, const char *field) {
        const Error *error = ck_assert_reason(book_refusal(cart), REASON_INVALID_REQUEST);

        ck_assert_str_eq(error->violations[0].field, field);
}

TEST(what_is_wrong_with_a_cart_is_named_with_its_path) {
        CartLine lines[] = { book_line(1), book_line(1) };
        Cart cart = { .lines = lines, .n_lines = 2, .currency = "XXX", .tier = "", .state = "" };

        book_base(PRICING_MAX_MINOR);
        assert_refused(&cart, "currency");
        cart.currency = "USD";
        cart.country = "us";
        assert_refused(&cart, "taxPlace.country");
        cart.country = "USA";
        assert_refused(&cart, "taxPlace.country");
        cart.country = NULL;
        lines[1].base_currency = "XXX";
        assert_refused(&cart, "lines[1].basePrice.currency");
        lines[1].base_currency = "USD";
        lines[1].base_minor = -1;
        assert_refused(&cart, "lines[1].basePrice.minor");
        lines[1].base_minor = PRICING_MAX_MINOR + 1;
        assert_refused(&cart, "lines[1].basePrice.minor");
        lines[1].base_minor = PRICING_MAX_MINOR;
        ck_assert_ok(book_refusal(&cart));
        lines[1].quantity = INT64_C(99999999999);
        assert_refused(&cart, "lines[1].quantity");
        lines[0].quantity = lines[1].quantity = INT64_C(9223372);
        assert_refused(&cart, "lines");
        cart.path = "cart.";
        assert_refused(&cart, "cart.lines");
        lines[1].quantity = INT64_C(99999999999);
        assert_refused(&cart, "cart.lines[1].quantity");
}

TEST(at_most_500_rules_are_explained) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);
        PricedCart priced;

        book_base(100);
        for (int64_t n = 1; n < PRICING_MAX_TRIED; n++)
                book_share(PRICING_QUANTITY_BREAK, "SKU-A", 100)->min_quantity = 1 + n;
        ck_assert_uint_eq(book_price_cart(&cart).n_tried, PRICING_MAX_TRIED);
        book_share(PRICING_QUANTITY_BREAK, "SKU-A", 100)->min_quantity = 9999;
        const Error *error = ck_assert_reason(
                pricing_price_cart(test_ctx(), book_set(), BOOK_NOW, &cart, true, &priced),
                REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "lines");
        ck_assert_ptr_null(book_refusal(&cart));
}

int main(void) {
        Suite *suite = suite_create("pricing/cart");
        TCase *tests = tcase_create("cart");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
