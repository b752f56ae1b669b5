#include "fixture.h"

#include "base/clock.h"

#define N_CHANGES 60

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
        fixture_set_home(f);
}

static uint64_t seed = 7;

static int64_t draw(int64_t n) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (int64_t) ((seed >> 33) % (uint64_t) n);
}

/* Some rules begin soon or end soon, so that the same version gives other prices at other times. */
static void change_something(void) {
        ShippingRule rule = fixture_rate(draw(100000));
        int64_t id = 0;

        if (draw(5) == 0) {
                const Error *ended = shipping_end_rule(&f->tariff, test_ctx(), 3 + draw(10), &id);

                ck_assert(!ended || ended->reason);
                return;
        }
        if (draw(3) == 0)
                rule.above_grams = 50;
        if (draw(3) == 0)
                rule.valid_from_us = clock_wall_us() + draw(20) * 1000;
        if (draw(3) == 0)
                rule.valid_to_us = clock_wall_us() + 100000 + draw(100) * 1000;
        const Error *error = shipping_set_rule(&f->tariff, test_ctx(), &rule, &id);
        ck_assert(!error || error_is(error, REASON_INVALID_REQUEST));
}

TEST(every_quote_is_computed_again_from_its_version_and_time) {
        ShippingQuote given[N_CHANGES], again;
        int64_t different = 0;

        fixture_set_rate(f, 77777);
        for (size_t i = 0; i < N_CHANGES; i++) {
                change_something();
                const Error *error = fixture_quote(&f->tariff, test_ctx(), 0, NULL, &given[i]);
                if (error) {
                        ck_assert(error_is(error, REASON_NO_SHIPPING_METHOD));
                        fixture_set_rate(f, 100 + draw(1000));
                        ck_assert_ok(fixture_quote(&f->tariff, test_ctx(), 0, NULL, &given[i]));
                }
        }
        for (size_t i = 0; i < N_CHANGES; i++) {
                ck_assert_ok(fixture_quote(&f->tariff, test_ctx(), given[i].rates_version, &given[i].as_of_us,
                                           &again));
                const ShippingOption *then = &given[i].options[0], *now = &again.options[0];
                ck_assert_int_eq(now->total_minor, then->total_minor);
                ck_assert_int_eq(now->delivery_us, then->delivery_us);
                ck_assert_int_eq(now->parcels[0].rate->id, then->parcels[0].rate->id);
                ck_assert_int_eq(again.rates_version, given[i].rates_version);
                different += i > 0 && then->total_minor != given[i - 1].options[0].total_minor;
        }
        ck_assert_int_gt(different, 5);
}

TEST(a_version_that_is_still_to_come_is_refused) {
        int64_t newest = fixture_set_rate(f, 100);
        ShippingQuote quote;

        ck_assert_ok(fixture_quote(&f->tariff, test_ctx(), newest, NULL, &quote));
        ck_assert_reason(fixture_quote(&f->tariff, test_ctx(), newest + 1, NULL, &quote),
                         REASON_INVALID_REQUEST);
}

static size_t count_loaded(void) {
        int64_t version = test_sql_int64(f->dsn, "SELECT version FROM shipping_version"), newest;
        ShippingRuleRepo *repo = f->tariff.repo;
        const ShippingRuleSet *rules;

        ck_assert_ok(repo->load(repo, test_ctx(), version, clock_wall_us(), &newest, &rules));
        ck_assert_int_eq(newest, version);
        return rules->n_rules;
}

/* The set stays small however often a rate changes: what is replaced for good, or over, is not loaded. */
TEST(what_never_counts_again_is_not_loaded) {
        ShippingRule later = fixture_rate(500);
        size_t before = count_loaded();
        int64_t id;

        for (int64_t i = 0; i < 10; i++)
                fixture_set_rate(f, 100 + i);
        ck_assert_uint_eq(count_loaded(), before + 1);
        later.valid_from_us = clock_wall_us() + 3600 * US_PER_S;
        fixture_set(f, &later);
        ck_assert_uint_eq(count_loaded(), before + 2);
        later.tier = "gold";
        id = fixture_set(f, &later);
        ck_assert_uint_eq(count_loaded(), before + 3);
        ck_assert_ok(shipping_end_rule(&f->tariff, test_ctx(), id, &id));
        ck_assert_uint_eq(count_loaded(), before + 2);
}

int main(void) {
        Suite *suite = suite_create("shipping/recompute");
        TCase *tests = tcase_create("recompute");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
