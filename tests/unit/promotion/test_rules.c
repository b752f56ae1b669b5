#include "offer.h"

static CampaignRules rules;

static void set_up(void) {
        rules = ten_percent();
}

static void ck_assert_passes(void) {
        ck_assert_ok(promotion_check_rules(test_ctx(), &rules));
}

static void ck_assert_refuses(const char *field) {
        const Error *error = ck_assert_reason(promotion_check_rules(test_ctx(), &rules),
                                              REASON_INVALID_REQUEST);

        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, field);
}

TEST(a_percentage_has_a_share_and_nothing_else) {
        ck_assert_passes();
        rules.percent_bp = 0;
        ck_assert_refuses("rules.percentBp");
        rules.percent_bp = 1;
        ck_assert_passes();
        rules.amount_minor = 1, rules.currency = "USD";
        ck_assert_refuses("rules.amountMinor");
        rules.amount_minor = 0, rules.buy_quantity = 1;
        ck_assert_refuses("rules.buyQuantity");
        rules.buy_quantity = 0, rules.get_quantity = 1;
        ck_assert_refuses("rules.getQuantity");
        rules.get_quantity = 0, rules.get_product_id = "PROD-1";
        ck_assert_refuses("rules.getProductId");
}

TEST(a_fixed_amount_has_an_amount_and_no_share) {
        rules = fixed(1);
        ck_assert_passes();
        rules.amount_minor = 0;
        ck_assert_refuses("rules.amountMinor");
        rules = fixed(1);
        rules.percent_bp = 1;
        ck_assert_refuses("rules.percentBp");
}

TEST(a_gift_has_both_quantities_a_share_and_another_product) {
        rules.discount_type = DISCOUNT_BUY_X_GET_Y;
        rules.buy_quantity = rules.get_quantity = 1;
        ck_assert_passes();
        rules.get_quantity = 0;
        ck_assert_refuses("rules.getQuantity");
        rules.get_quantity = 1, rules.buy_quantity = 0;
        ck_assert_refuses("rules.buyQuantity");
        rules.buy_quantity = 1, rules.type = CAMPAIGN_CATALOG, rules.product_ids = ID_LIST("PROD-1");
        rules.get_product_id = "PROD-1";
        ck_assert_refuses("rules.getProductId");
        rules.get_product_id = "PROD-2";
        ck_assert_passes();
}

TEST(a_type_says_what_must_be_named) {
        rules.product_ids = ID_LIST("PROD-1");
        ck_assert_refuses("rules.type");
        rules.type = CAMPAIGN_CATALOG;
        ck_assert_passes();
        rules.product_ids = (IdList) { 0 };
        ck_assert_refuses("rules.productIds");
        rules.category_ids = ID_LIST("CAT-1");
        ck_assert_passes();
        rules.type = CAMPAIGN_CUSTOMER;
        ck_assert_refuses("rules.segments");
        rules.tiers = ID_LIST("gold");
        ck_assert_passes();
        rules.tiers = (IdList) { 0 }, rules.segments = ID_LIST("vip");
        ck_assert_passes();
}

TEST(an_amount_needs_a_known_currency) {
        int64_t *const amounts[] = { &rules.minimum_minor, &rules.maximum_minor, &rules.budget_minor };

        for (size_t i = 0; i < ARRAY_SIZE(amounts); i++) {
                *amounts[i] = 1;
                ck_assert_refuses("rules.currency");
                rules.currency = "USD";
                ck_assert_passes();
                rules.currency = "XXX";
                ck_assert_refuses("rules.currency");
                rules.currency = NULL, *amounts[i] = 0;
        }
        rules.currency = "usd";
        ck_assert_refuses("rules.currency");
}

TEST(it_ends_after_it_begins) {
        rules.ends_at_us = 1;
        ck_assert_passes();
        rules.starts_at_us = 1;
        ck_assert_refuses("rules.endsAt");
        rules.ends_at_us = 2;
        ck_assert_passes();
}

TEST(a_code_can_be_said_on_the_telephone) {
        rules.code = "SUMMER-2024_A";
        ck_assert_passes();
        rules.code = "Summer";
        ck_assert_refuses("rules.code");
        rules.code = "A B";
        ck_assert_refuses("rules.code");
}

TEST(all_that_is_wrong_is_told_at_once) {
        rules.percent_bp = 0, rules.code = "!", rules.currency = "XXX";
        ck_assert_uint_eq(promotion_check_rules(test_ctx(), &rules)->n_violations, 3);
}

TEST(types_and_their_words_belong_together) {
        CampaignType type;
        DiscountType discount_type;

        for (int i = CAMPAIGN_CART; i <= CAMPAIGN_CUSTOMER; i++) {
                ck_assert_ok(promotion_read_type(test_ctx()->arena, promotion_type_word(i), &type));
                ck_assert_int_eq(type, i);
        }
        for (int i = DISCOUNT_PERCENTAGE; i <= DISCOUNT_BUY_X_GET_Y; i++) {
                ck_assert_ok(promotion_read_discount(test_ctx()->arena, promotion_discount_word(i),
                                                     &discount_type));
                ck_assert_int_eq(discount_type, i);
        }
        ck_assert_ptr_nonnull(promotion_read_type(test_ctx()->arena, "raffle", &type));
        ck_assert_ptr_nonnull(promotion_read_discount(test_ctx()->arena, "raffle", &discount_type));
}

int main(void) {
        Suite *suite = suite_create("promotion/rules");
        TCase *tests = tcase_create("rules");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
