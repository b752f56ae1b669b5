#include "biz/promotion/evaluate.h"
#include "fixture.h"

static Fixture *f;
static Evaluation evaluation;

static void set_up(void) {
        f = fixture_new();
}

static void update(const Campaign *campaign, CampaignRules rules) {
        const Campaign *updated;

        ck_assert_ok(promotion_update(&f->campaigns, test_ctx(), campaign->campaign_id, campaign->version,
                                      &rules, &updated));
}

/* 10 pieces of 10.00 USD, with a code or without. */
static void apply(const char *code) {
        CartLine line = { .sku = "A", .product_id = "A", .quantity = 10, .unit_price_minor = 1000 };
        Cart cart = { .currency = "USD", .lines = arena_memdup(test_ctx()->arena, &line, sizeof(line)),
                      .n_lines = 1 };
        Shopper shopper = { .customer_id = "CUST-1" };
        const char **codes = arena_memdup(test_ctx()->arena, &code, sizeof(code));

        ck_assert_ok(promotion_apply(&f->campaigns, test_ctx(), &shopper, &cart,
                                     (IdList) { codes, code ? 1 : 0 }, (IdList) { 0 }, &evaluation));
}

TEST(no_campaigns_are_no_answer_that_is_kept) {
        apply(NULL);
        ck_assert_uint_eq(evaluation.n_applied + evaluation.n_refused, 0);
        apply("A");
        ck_assert_int_eq(evaluation.refused[0].refusal, REFUSAL_UNKNOWN_CODE);
        test_sql(f->dsn, "INSERT INTO campaigns (campaign_id, version, code)"
                         " VALUES ('CMP-1', 1, NULL), ('CMP-2', 1, 'A')");
        test_sql(f->dsn, "INSERT INTO campaign_versions (campaign_id, version, code, type, discount_type,"
                         "                               description, percent_bp, changed_by)"
                         " VALUES ('CMP-1', 1, NULL, 'cart', 'percentage', '', 1000, 'test'),"
                         "        ('CMP-2', 1, 'A', 'cart', 'percentage', '', 2000, 'test')");
        apply("A");
        ck_assert_uint_eq(evaluation.n_applied, 2);
        ck_assert_int_eq(evaluation.total_minor, 3000);
}

TEST(of_the_others_only_those_whose_code_is_given_are_candidates) {
        fixture_create(f, fixture_rules("A"));
        fixture_create(f, fixture_rules("B"));
        apply(NULL);
        ck_assert_uint_eq(evaluation.n_applied + evaluation.n_refused, 0);
        apply("B");
        ck_assert_uint_eq(evaluation.n_applied, 1);
        ck_assert_str_eq(evaluation.applied[0].campaign->rules.code, "B");
}

TEST(what_ended_is_told_of_a_code_only) {
        CampaignRules rules = fixture_rules(NULL);

        rules.ends_at_us = 1;
        fixture_create(f, rules);
        rules.code = "A";
        fixture_create(f, rules);
        apply("A");
        ck_assert_uint_eq(evaluation.n_refused, 1);
        ck_assert_int_eq(evaluation.refused[0].refusal, REFUSAL_EXPIRED);
}

TEST(what_this_process_changes_counts_at_once) {
        CampaignRules rules = fixture_rules("A"), ended = fixture_rules(NULL);
        Campaign campaign = *fixture_create(f, rules);

        apply("A");
        ck_assert_int_eq(evaluation.total_minor, 1000);
        rules.percent_bp = 2000;
        update(&campaign, rules);
        apply("A");
        ck_assert_int_eq(evaluation.total_minor, 2000);
        ck_assert_int_eq(evaluation.applied[0].campaign->version, 2);
        rules.code = "B", campaign.version = 2;
        update(&campaign, rules);
        apply("A");
        ck_assert_int_eq(evaluation.refused[0].refusal, REFUSAL_UNKNOWN_CODE);
        campaign = *fixture_create(f, fixture_rules(NULL));
        apply("B");
        ck_assert_int_eq(evaluation.total_minor, 3000);
        ended.ends_at_us = 1;
        update(&campaign, ended);
        apply("B");
        ck_assert_int_eq(evaluation.total_minor, 2000);
}

static bool is_20_percent(void *arg) {
        (void) arg;
        apply("A");
        return evaluation.total_minor == 2000;
}

TEST(what_another_process_changes_counts_soon) {
        fixture_create(f, fixture_rules("A"));
        apply("A");
        test_sql(f->dsn, "UPDATE campaign_versions SET percent_bp = 2000");
        test_wait_until(is_20_percent, NULL, TEST_WAIT_MS, "the change is seen");
}

TEST(a_customers_own_uses_count_at_once) {
        CampaignRules rules = fixture_rules("A");

        rules.max_uses_per_customer = 1;
        const char *campaign_id = fixture_create(f, rules)->campaign_id;
        apply("A");
        ck_assert_uint_eq(evaluation.n_applied, 1);
        ck_assert_ok(fixture_hold(f, "ORD-1", campaign_id, 1000));
        apply("A");
        ck_assert_int_eq(evaluation.refused[0].refusal, REFUSAL_USAGE_LIMIT_REACHED);
        fixture_assert_books(f);
}

int main(void) {
        Suite *suite = suite_create("promotion/candidates");
        TCase *tests = tcase_create("candidates");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 90);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
