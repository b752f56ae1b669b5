#include "biz/pricing/pricing.h"
#include "support.h"

#define NOW INT64_C(1000000)

static PriceRule rule;

static void assert_refused(const char *field) {
        const Error *error = pricing_check_rule(test_ctx(), &rule, NOW);

        ck_assert_reason(error, REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, field);
}

static void assert_taken(void) {
        ck_assert_ok(pricing_check_rule(test_ctx(), &rule, NOW));
}

TEST(a_base_price_has_a_known_currency) {
        rule = pricing_rule_of(PRICING_BASE_PRICE);
        assert_refused("currency");
        rule.currency = "USX";
        assert_refused("currency");
        rule.currency = "USD";
        assert_taken();
}

TEST(a_rule_ends_in_the_future_and_after_it_begins) {
        rule = pricing_rule_of(PRICING_WAREHOUSE_MARKUP);
        assert_taken();
        rule.valid_to_us = 0;
        assert_refused("validTo");
        rule.valid_to_us = NOW;
        assert_refused("validTo");
        rule.valid_to_us = NOW + 1;
        assert_taken();
        rule.valid_from_us = NOW + 1;
        assert_refused("validTo");
        rule.valid_from_us = NOW;
        assert_taken();
}

TEST(a_rate_leads_from_one_known_currency_to_another) {
        rule = pricing_rule_of(PRICING_CURRENCY_RATE);
        rule.currency = "USX";
        rule.to_currency = "EUR";
        assert_refused("fromCurrency");
        rule.currency = "EUR";
        assert_refused("toCurrency");
        rule.to_currency = "EUX";
        assert_refused("toCurrency");
        rule.to_currency = "USD";
        assert_taken();
}

TEST(a_break_has_a_price_or_a_share) {
        rule = pricing_rule_of(PRICING_QUANTITY_BREAK);
        assert_refused("bp");
        rule.currency = "USD";
        assert_refused("amountMinor");
        rule.currency = "";
        rule.bp = 1;
        assert_taken();
        rule.is_fixed = true;
        rule.currency = "USD";
        assert_refused("bp");
        rule.bp = 0;
        assert_taken();
        rule.currency = "USX";
        assert_refused("currency");
}

TEST(a_list_is_for_a_tier_or_a_segment) {
        rule = pricing_rule_of(PRICING_PRICE_LIST);
        rule.bp = 100;
        assert_refused("tier");
        rule.tier = "gold";
        assert_taken();
        rule.segment = "vip";
        assert_refused("tier");
        rule.tier = "";
        assert_taken();
        rule.bp = 0;
        assert_refused("bp");
}

TEST(a_bulk_discount_has_one_minimum_and_one_amount) {
        rule = pricing_rule_of(PRICING_BULK_DISCOUNT);
        rule.bp = 100;
        assert_refused("minQuantity");
        rule.min_quantity = 1;
        assert_taken();
        rule.currency = "USD";
        assert_refused("currency");
        rule.currency = "";
        rule.min_subtotal_minor = 1;
        assert_refused("minQuantity");
        rule.min_quantity = 0;
        assert_refused("currency");
        rule.currency = "USD";
        assert_taken();
        rule.amount_minor = 1;
        assert_refused("bp");
        rule.bp = 0;
        assert_taken();
        rule.amount_minor = 0;
        assert_refused("bp");
}

TEST(a_tax_is_of_a_country) {
        static const char *const countries[] = { "us", "U", "U1", "USA", "" };

        rule = pricing_rule_of(PRICING_TAX_RATE);
        for (size_t i = 0; i < sizeof(countries) / sizeof(countries[0]); i++) {
                rule.country = countries[i];
                assert_refused("country");
        }
        rule.country = "US";
        assert_taken();
}

int main(void) {
        Suite *suite = suite_create("pricing/check");
        TCase *tests = tcase_create("check");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
