#include "base/clock.h"
#include "fixture.h"

#define N_CHANGES 60

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static uint64_t seed = 7;

static int64_t draw(int64_t n) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (int64_t) ((seed >> 33) % (uint64_t) n);
}

/* Some rules begin soon or end soon, so that the same version gives other prices at other times. */
static void change_something(void) {
        PriceRule rule = pricing_rule_of(draw(3) ? PRICING_BASE_PRICE : PRICING_QUANTITY_BREAK);
        int64_t id = 0;

        if (draw(5) == 0) {
                const Error *ended = pricing_end_rule(&f->pricing, test_ctx(), 1 + draw(10), &id);

                ck_assert(!ended || ended->reason);
                return;
        }
        rule.sku = "SKU-A";
        rule.product_id = "PROD-1";
        if (rule.kind == PRICING_QUANTITY_BREAK) {
                rule.min_quantity = 2 + draw(2);
                rule.bp = 1 + draw(5000);
        } else {
                rule.currency = "USD";
                rule.is_fixed = true;
                rule.amount_minor = draw(100000);
        }
        if (draw(3) == 0)
                rule.valid_from_us = clock_wall_us() + draw(20) * 1000;
        if (draw(3) == 0)
                rule.valid_to_us = clock_wall_us() + 100000 + draw(100) * 1000;
        const Error *error = pricing_set_rule(&f->pricing, test_ctx(), &rule, &id);
        ck_assert(!error || error_is(error, REASON_INVALID_REQUEST));
}

TEST(every_price_is_computed_again_from_its_version_and_time) {
        CartLine line = { .sku = "SKU-A", .quantity = 3, .warehouse_id = "", .tax_class = "" };
        Cart cart = { .lines = &line, .n_lines = 1, .currency = "", .tier = "" };
        PricedCart given[N_CHANGES], again;
        int64_t different = 0;

        fixture_set_price(f, "SKU-A", 77777);
        for (size_t i = 0; i < N_CHANGES; i++) {
                change_something();
                const Error *error = pricing_calculate(&f->pricing, test_ctx(), &cart, &given[i]);
                if (error) {
                        ck_assert(error_is(error, REASON_PRICE_UNAVAILABLE));
                        fixture_set_price(f, "SKU-A", 100 + draw(1000));
                        ck_assert_ok(pricing_calculate(&f->pricing, test_ctx(), &cart, &given[i]));
                }
        }
        for (size_t i = 0; i < N_CHANGES; i++) {
                ck_assert_ok(pricing_explain(&f->pricing, test_ctx(), &cart, given[i].rules_version,
                                             &given[i].as_of_us, &again));
                ck_assert_int_eq(again.subtotal_minor, given[i].subtotal_minor);
                ck_assert_uint_eq(again.lines[0].n_steps, given[i].lines[0].n_steps);
                for (size_t k = 0; k < again.lines[0].n_steps; k++)
                        ck_assert_int_eq(again.lines[0].steps[k].rule_id, given[i].lines[0].steps[k].rule_id);
                different += i > 0 && given[i].subtotal_minor != given[i - 1].subtotal_minor;
        }
        ck_assert_int_gt(different, 5);
}

TEST(a_version_that_is_still_to_come_is_refused) {
        CartLine line = { .sku = "SKU-A", .quantity = 1, .warehouse_id = "", .tax_class = "" };
        Cart cart = { .lines = &line, .n_lines = 1, .currency = "", .tier = "" };
        PricedCart priced;

        fixture_set_price(f, "SKU-A", 100);
        ck_assert_ok(pricing_explain(&f->pricing, test_ctx(), &cart, 1, NULL, &priced));
        ck_assert_reason(pricing_explain(&f->pricing, test_ctx(), &cart, 2, NULL, &priced),
                         REASON_INVALID_REQUEST);
}

static size_t count_loaded(void) {
        int64_t version = test_sql_int64(f->dsn, "SELECT version FROM pricing_version"), newest;
        const PriceRuleSet *rules;

        ck_assert_ok(f->pricing.repo->load(f->pricing.repo, test_ctx(), version, clock_wall_us(), &newest,
                                           &rules));
        ck_assert_int_eq(newest, version);
        return rules->n_rules;
}

/* The set stays small however often a price changes: what is replaced for good, or over, is not loaded. */
TEST(what_never_counts_again_is_not_loaded) {
        PriceRule later = pricing_rule_of(PRICING_WAREHOUSE_MARKUP);
        int64_t id;

        for (int64_t i = 0; i < 10; i++)
                fixture_set_price(f, "SKU-A", 100 + i);
        ck_assert_uint_eq(count_loaded(), 1);
        later.warehouse_id = "FAR";
        ck_assert_ok(pricing_set_rule(&f->pricing, test_ctx(), &later, &id));
        later.valid_from_us = clock_wall_us() + 3600 * US_PER_S;
        ck_assert_ok(pricing_set_rule(&f->pricing, test_ctx(), &later, &id));
        ck_assert_uint_eq(count_loaded(), 3);
        later.valid_from_us = PRICING_ALWAYS;
        later.valid_to_us = clock_wall_us() + 3600 * US_PER_S;
        ck_assert_ok(pricing_set_rule(&f->pricing, test_ctx(), &later, &id));
        ck_assert_uint_eq(count_loaded(), 4);
        ck_assert_ok(pricing_end_rule(&f->pricing, test_ctx(), 12, &id));
        ck_assert_uint_eq(count_loaded(), 3);
}

int main(void) {
        Suite *suite = suite_create("pricing/recompute");
        TCase *tests = tcase_create("recompute");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
