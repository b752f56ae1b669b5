#include "offer.h"

#define NOW_US INT64_C(1723300200000000)

static CartLine lines[2];
static Candidate candidates[4];
static Offer offer;
static Evaluation evaluation;

/* A cart of 100.00 and 50.00 USD, and one campaign of 10 %. */
static void set_up(void) {
        lines[0] = cart_line("A", 2, 5000);
        lines[1] = cart_line("B", 1, 5000);
        candidates[0] = candidate("CMP-1", ten_percent());
        offer = (Offer) {
                .cart = cart_of(lines, 2),
                .shopper = { .customer_id = "CUST-1", .tier = "gold", .segments = ID_LIST("vip", "new") },
                .candidates = candidates,
                .n_candidates = 1,
                .now_us = NOW_US,
        };
}

static Refusal refusal(void) {
        ck_assert_ok(promotion_evaluate(test_ctx()->arena, &offer, &evaluation));
        ck_assert_uint_eq(evaluation.n_applied + evaluation.n_refused, offer.n_candidates);
        return evaluation.n_refused > 0 ? evaluation.refused[0].refusal : REFUSAL_NONE;
}

static CampaignRules *rules_of_first(void) {
        return &candidates[0].campaign.rules;
}

TEST(what_applies_is_told_line_by_line) {
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        ck_assert_int_eq(evaluation.total_minor, 1500);
        ck_assert_str_eq(evaluation.applied[0].campaign->campaign_id, "CMP-1");
        ck_assert_int_eq(evaluation.applied[0].amount_minor, 1500);
        ck_assert_int_eq(evaluation.applied[0].line_amounts_minor[0], 1000);
        ck_assert_int_eq(evaluation.applied[0].line_amounts_minor[1], 500);
        ck_assert(evaluation.is_best);
        ck_assert_int_eq(evaluation.at_us, NOW_US);
}

TEST(it_begins_with_its_first_moment_and_has_ended_at_its_last) {
        rules_of_first()->starts_at_us = NOW_US;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        rules_of_first()->starts_at_us = NOW_US + 1;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_STARTED);
        rules_of_first()->starts_at_us = 0, rules_of_first()->ends_at_us = NOW_US + 1;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        rules_of_first()->ends_at_us = NOW_US;
        ck_assert_int_eq(refusal(), REFUSAL_EXPIRED);
}

TEST(amounts_of_another_currency_are_for_other_carts) {
        rules_of_first()->currency = "EUR";
        ck_assert_int_eq(refusal(), REFUSAL_OTHER_CURRENCY);
        rules_of_first()->currency = "USD";
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
}

TEST(tier_and_segment_must_both_be_among_those_that_are_named) {
        rules_of_first()->tiers = ID_LIST("silver", "gold");
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        rules_of_first()->segments = ID_LIST("old", "new");
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        rules_of_first()->segments = ID_LIST("old");
        ck_assert_int_eq(refusal(), REFUSAL_NOT_ELIGIBLE);
        rules_of_first()->segments = (IdList) { 0 }, rules_of_first()->tiers = ID_LIST("silver");
        ck_assert_int_eq(refusal(), REFUSAL_NOT_ELIGIBLE);
        rules_of_first()->tiers = ID_LIST("gold"), offer.shopper.tier = NULL;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_ELIGIBLE);
}

TEST(what_is_for_nothing_in_the_cart_is_not_eligible) {
        rules_of_first()->product_ids = ID_LIST("C");
        ck_assert_int_eq(refusal(), REFUSAL_NOT_ELIGIBLE);
}

TEST(the_minimum_is_of_the_whole_cart) {
        rules_of_first()->product_ids = ID_LIST("B");
        rules_of_first()->minimum_minor = 15000;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        rules_of_first()->minimum_minor = 15001;
        ck_assert_int_eq(refusal(), REFUSAL_MIN_ORDER_NOT_MET);
}

TEST(uses_are_limited_in_total_and_per_customer) {
        rules_of_first()->max_uses = 10, candidates[0].campaign.uses = 9;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        candidates[0].campaign.uses = 10;
        ck_assert_int_eq(refusal(), REFUSAL_USAGE_LIMIT_REACHED);
        rules_of_first()->max_uses = 0, rules_of_first()->max_uses_per_customer = 1;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        candidates[0].customer_uses = 1;
        ck_assert_int_eq(refusal(), REFUSAL_USAGE_LIMIT_REACHED);
}

TEST(the_discount_must_fit_into_what_is_left_of_the_budget) {
        rules_of_first()->budget_minor = 10000, candidates[0].campaign.spent_minor = 8500;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        candidates[0].campaign.spent_minor = 8501;
        ck_assert_int_eq(refusal(), REFUSAL_BUDGET_EXHAUSTED);
}

TEST(the_first_rule_that_fails_is_told) {
        rules_of_first()->budget_minor = 1, rules_of_first()->max_uses = 1;
        candidates[0].campaign.uses = 1;
        ck_assert_int_eq(refusal(), REFUSAL_USAGE_LIMIT_REACHED);
        rules_of_first()->minimum_minor = 99999;
        ck_assert_int_eq(refusal(), REFUSAL_MIN_ORDER_NOT_MET);
        rules_of_first()->tiers = ID_LIST("silver");
        ck_assert_int_eq(refusal(), REFUSAL_NOT_ELIGIBLE);
        rules_of_first()->currency = "EUR";
        ck_assert_int_eq(refusal(), REFUSAL_OTHER_CURRENCY);
        rules_of_first()->ends_at_us = 1;
        ck_assert_int_eq(refusal(), REFUSAL_EXPIRED);
        rules_of_first()->starts_at_us = NOW_US + 1;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_STARTED);
}

TEST(a_code_without_a_campaign_is_unknown) {
        rules_of_first()->code = "SUMMER2024";
        offer.codes = ID_LIST("SUMMER2024", "SPRING");
        ck_assert_ok(promotion_evaluate(test_ctx()->arena, &offer, &evaluation));
        ck_assert_uint_eq(evaluation.n_applied, 1);
        ck_assert_uint_eq(evaluation.n_refused, 1);
        ck_assert_int_eq(evaluation.refused[0].refusal, REFUSAL_UNKNOWN_CODE);
        ck_assert_str_eq(evaluation.refused[0].code, "SPRING");
        ck_assert_ptr_null(evaluation.refused[0].campaign);
}

TEST(an_exclusive_campaign_stands_alone_or_not_at_all) {
        candidates[1] = candidate("CMP-2", fixed(1000));
        candidates[1].campaign.rules.is_exclusive = true;
        offer.n_candidates = 2;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_STACKABLE);
        ck_assert_str_eq(evaluation.refused[0].campaign->campaign_id, "CMP-2");
        ck_assert_int_eq(evaluation.total_minor, 1500);
        candidates[1].campaign.rules.amount_minor = 1501;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_STACKABLE);
        ck_assert_str_eq(evaluation.refused[0].campaign->campaign_id, "CMP-1");
        ck_assert_int_eq(evaluation.total_minor, 1501);
}

/* Both are computed on the original amounts; the one of the lower priority gets what is left. */
TEST(what_combines_takes_no_line_below_zero) {
        CampaignRules first = fixed(4000), second = fixed(15000);

        first.product_ids = ID_LIST("B"), first.priority = 1;
        candidates[0] = candidate("CMP-1", second);
        candidates[1] = candidate("CMP-2", first);
        candidates[0].campaign.rules.product_ids = ID_LIST("A", "B");
        candidates[0].campaign.rules.amount_minor = 14700;
        offer.n_candidates = 2;
        ck_assert_int_eq(refusal(), REFUSAL_NONE);
        ck_assert_str_eq(evaluation.applied[0].campaign->campaign_id, "CMP-2");
        ck_assert_int_eq(evaluation.applied[0].amount_minor, 4000);
        ck_assert_int_eq(evaluation.applied[1].line_amounts_minor[0], 9800);
        ck_assert_int_eq(evaluation.applied[1].line_amounts_minor[1], 1000);
        ck_assert_int_eq(evaluation.total_minor, 14800);
}

TEST(what_would_take_nothing_more_off_is_left_out) {
        candidates[1] = candidate("CMP-2", fixed(15000));
        offer.n_candidates = 2;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_STACKABLE);
        ck_assert_str_eq(evaluation.applied[0].campaign->campaign_id, "CMP-2");
        ck_assert_uint_eq(evaluation.n_applied, 1);
}

TEST(an_empty_code_is_no_campaign_without_a_code) {
        offer.codes = ID_LIST("");
        ck_assert_ok(promotion_evaluate(test_ctx()->arena, &offer, &evaluation));
        ck_assert_uint_eq(evaluation.n_applied, 1);
        ck_assert_uint_eq(evaluation.n_refused, 1);
        ck_assert_int_eq(evaluation.refused[0].refusal, REFUSAL_UNKNOWN_CODE);
}

TEST(what_is_left_out_makes_room_for_another) {
        candidates[0].campaign.rules.is_exclusive = true;
        candidates[1] = candidate("CMP-2", fixed(100));
        offer.n_candidates = 2;
        ck_assert_int_eq(refusal(), REFUSAL_NOT_STACKABLE);
        ck_assert_str_eq(evaluation.applied[0].campaign->campaign_id, "CMP-1");
        offer.without = ID_LIST("CMP-1");
        ck_assert_ok(promotion_evaluate(test_ctx()->arena, &offer, &evaluation));
        ck_assert_uint_eq(evaluation.n_refused, 0);
        ck_assert_uint_eq(evaluation.n_applied, 1);
        ck_assert_str_eq(evaluation.applied[0].campaign->campaign_id, "CMP-2");
        ck_assert_int_eq(evaluation.total_minor, 100);
}

TEST(a_customer_is_told_of_his_codes_and_of_what_he_can_still_reach) {
        RefusedCampaign refused = { .refusal = REFUSAL_NOT_ELIGIBLE };

        ck_assert(!promotion_is_shown(&refused));
        refused.code = "SUMMER2024";
        ck_assert(promotion_is_shown(&refused));
        refused = (RefusedCampaign) { .refusal = REFUSAL_MIN_ORDER_NOT_MET };
        ck_assert(promotion_is_shown(&refused));
        refused.refusal = REFUSAL_NOT_STARTED;
        ck_assert(!promotion_is_shown(&refused));
}

TEST(refusals_and_their_words_belong_together) {
        Refusal read;

        for (int i = REFUSAL_UNKNOWN_CODE; i <= REFUSAL_NOT_STACKABLE; i++) {
                ck_assert_ok(promotion_read_refusal(test_ctx()->arena, promotion_refusal_word(i), &read));
                ck_assert_int_eq(read, i);
        }
        ck_assert_ptr_nonnull(promotion_read_refusal(test_ctx()->arena, "TOO_LATE", &read));
}

int main(void) {
        Suite *suite = suite_create("promotion/evaluate");
        TCase *tests = tcase_create("evaluate");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
