#include "book.h"

static ShippingRule rule;

static void set_up(void) {
        rule = shipping_rule_of(SHIPPING_RATE);
        rule.zone = "HOME";
        rule.method = SHIPPING_STANDARD;
        rule.currency = "USD";
        rule.amount_minor = 1599;
}

static void refuses(const char *field) {
        const Error *error =
                ck_assert_reason(shipping_check_rule(test_ctx(), &rule, BOOK_NOW), REASON_INVALID_REQUEST);

        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, field);
}

static void accepts(void) {
        ck_assert_ok(shipping_check_rule(test_ctx(), &rule, BOOK_NOW));
}

TEST(a_rate_has_a_known_currency) {
        accepts();
        rule.currency = "ABC";
        refuses("currency");
        rule.currency = "";
        refuses("currency");
}

TEST(a_rate_may_be_free) {
        rule.amount_minor = 0;
        accepts();
}

TEST(the_heaviest_parcel_of_a_rate_is_heavier_than_its_lightest) {
        rule.above_grams = 5000;
        accepts();
        rule.max_grams = 5001;
        accepts();
        rule.max_grams = 5000;
        refuses("maxGrams");
}

TEST(a_step_has_weight_and_price) {
        rule.step_grams = 1000;
        refuses("stepGrams");
        rule.step_minor = 1;
        accepts();
        rule.step_grams = 0;
        refuses("stepGrams");
}

TEST(a_zone_is_of_a_country) {
        rule = shipping_rule_of(SHIPPING_ZONE);
        rule.zone = "HOME";
        rule.country = "US";
        accepts();
        rule.country = "U1";
        refuses("country");
        rule.country = "U";
        refuses("country");
}

TEST(warehouses_and_transit_times_need_no_currency) {
        rule = shipping_rule_of(SHIPPING_WAREHOUSE);
        accepts();
        rule = shipping_rule_of(SHIPPING_TRANSIT);
        accepts();
}

TEST(a_rule_that_would_never_count_is_refused) {
        rule.valid_to_us = BOOK_NOW + 1;
        accepts();
        rule.valid_to_us = BOOK_NOW;
        refuses("validTo");
        rule.valid_to_us = 0;
        refuses("validTo");
        rule.valid_to_us = BOOK_NOW + 10;
        rule.valid_from_us = BOOK_NOW + 9;
        accepts();
        rule.valid_from_us = BOOK_NOW + 10;
        refuses("validTo");
}

int main(void) {
        Suite *suite = suite_create("shipping/check");
        TCase *tests = tcase_create("check");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
