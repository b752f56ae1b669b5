#include <stdatomic.h>

#include "fixture.h"
#include "race.h"

#define SHORT_MS 200

static Fixture *f;
static PricingUsecase other;

static void set_up(void) {
        f = fixture_new();
        other = fixture_other(f, MAX_AGE_MS);
}

static const Error *look(PricingUsecase *pricing, Ctx *ctx) {
        return pricing->repo->look(pricing->repo, ctx);
}

static KnownRules known_to(PricingUsecase *pricing) {
        KnownRules known;

        ck_assert_ok(pricing->repo->known(pricing->repo, test_ctx(), &known));
        return known;
}

/* Whoever asks the database waits, until the test ends. */
static void lock_database(void) {
        test_sql(f->dsn, "BEGIN; LOCK TABLE pricing_version, price_rules IN ACCESS EXCLUSIVE MODE");
}

TEST(who_sets_a_price_uses_it_at_once) {
        fixture_set_price(f, "SKU-A", 100);
        ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), 100);
        fixture_set_price(f, "SKU-A", 120);
        ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), 120);
}

TEST(another_process_uses_a_price_once_it_has_looked) {
        fixture_set_price(f, "SKU-A", 100);
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), 100);
        fixture_set_price(f, "SKU-A", 120);
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), 100);
        ck_assert_ok(look(&other, test_ctx()));
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), 120);
}

/* 20,000 SKUs of one price, and one SKU of 20,000: reading them takes no statement its time. */
TEST(the_rules_of_a_large_shop_are_read) {
        test_sql(f->dsn,
                 "INSERT INTO price_rules (rule_id, created_by, kind, sku, product_id, currency, is_fixed,"
                 "                         amount_minor)"
                 " SELECT n, 'test', 'BASE_PRICE', CASE n % 2 WHEN 0 THEN 'SKU-' || n ELSE 'SKU-OLD' END,"
                 "        'PROD-1', 'USD', true, n FROM generate_series(1, 40000) AS n;"
                 " UPDATE pricing_version SET version = 40000");
        ck_assert_ok(look(&other, test_ctx()));
        ck_assert_uint_eq(known_to(&other).rules->n_rules, 20001);
        ck_assert_int_eq(fixture_price(&other, "SKU-40000"), 40000);
        ck_assert_int_eq(fixture_price(&other, "SKU-OLD"), 39999);
}

static const Error *readiness_of(PricingUsecase *pricing) {
        return pricing->repo->ready(pricing->repo, test_ctx());
}

TEST(it_is_ready_once_it_has_read_the_rules_and_stays_so) {
        ck_assert_reason(readiness_of(&other), REASON_UNAVAILABLE);
        ck_assert_ok(look(&other, test_ctx()));
        ck_assert_ok(readiness_of(&other));
        lock_database();
        Ctx late = *test_ctx();
        ctx_limit(&late, SHORT_MS);
        ck_assert_ptr_nonnull(look(&other, &late));
        ck_assert_ok(readiness_of(&other));
}

TEST(that_there_are_no_rules_is_asked_again_each_time) {
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), -1);
        ck_assert_uint_eq(known_to(&other).rules->n_rules, 0);
        fixture_set_price(f, "SKU-A", 100);
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), 100);
}

TEST(a_set_of_which_all_rules_were_ended_is_not_used_any_more) {
        int64_t id;

        fixture_set_price(f, "SKU-A", 100);
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), 100);
        ck_assert_ok(pricing_end_rule(&f->pricing, test_ctx(), 1, &id));
        ck_assert_ok(look(&other, test_ctx()));
        ck_assert_int_eq(fixture_price(&other, "SKU-A"), -1);
}

TEST(what_is_known_is_used_without_the_database) {
        fixture_set_price(f, "SKU-A", 100);
        int64_t as_of_us = known_to(&f->pricing).as_of_us;

        lock_database();
        for (int i = 0; i < 3; i++) {
                Ctx late = *test_ctx();

                ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), 100);
                ctx_limit(&late, SHORT_MS);
                ck_assert_ptr_nonnull(look(&f->pricing, &late));
        }
        ck_assert_int_eq(known_to(&f->pricing).as_of_us, as_of_us);
        ck_assert_int_eq(known_to(&f->pricing).rules->version, 1);
}

/* With an error, since the database does not answer. */
static bool is_too_old(void *pricing) {
        Ctx late = *test_ctx();
        PriceRuleRepo *repo = ((PricingUsecase *) pricing)->repo;
        KnownRules known;

        ctx_limit(&late, SHORT_MS);
        return repo->known(repo, &late, &known) != NULL;
}

TEST(what_is_known_for_too_long_is_not_used_without_the_database) {
        PricingUsecase forgetful = fixture_other(f, 1);

        fixture_set_price(f, "SKU-A", 100);
        ck_assert_int_eq(fixture_price(&forgetful, "SKU-A"), 100);
        lock_database();
        test_wait_until(is_too_old, &forgetful, TEST_WAIT_MS / 2, "what is known is too old");
        ck_assert(!is_too_old(&f->pricing));
}

TEST(a_look_that_finds_nothing_new_keeps_the_set_and_moves_its_time) {
        fixture_set_price(f, "SKU-A", 100);
        KnownRules before = known_to(&f->pricing);
        test_sql(f->dsn, "SELECT pg_sleep(0.01)");
        ck_assert_ok(look(&f->pricing, test_ctx()));
        KnownRules after = known_to(&f->pricing);

        ck_assert_ptr_eq(before.rules, after.rules);
        ck_assert_int_gt(after.as_of_us, before.as_of_us);
}

static atomic_int n_reads;

/* Each change raises the price, so no reader ever sees it fall. */
static void read_or_change(Ctx *ctx, void *arg, size_t i) {
        int64_t last = 0;

        (void) arg;
        for (int64_t n = 1; n <= 40; n++) {
                PricedCart priced;

                if (i == 0) {
                        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);
                        int64_t id;

                        rule.sku = "SKU-A";
                        rule.product_id = "PROD-1";
                        rule.currency = "USD";
                        rule.is_fixed = true;
                        rule.amount_minor = 100 + n;
                        ck_assert_ok(pricing_set_rule(&f->pricing, ctx, &rule, &id));
                } else if (i == 1) {
                        ck_assert_ok(look(&f->pricing, ctx));
                } else {
                        ck_assert_ok(pricing_base_price(&f->pricing, ctx, "SKU-A", "USD", &priced));
                        ck_assert_int_ge(priced.subtotal_minor, last);
                        ck_assert_int_eq(priced.subtotal_minor, 99 + priced.rules_version);
                        last = priced.subtotal_minor;
                        atomic_fetch_add(&n_reads, 1);
                }
        }
}

TEST(readers_see_one_whole_set_after_another_while_it_is_replaced) {
        fixture_set_price(f, "SKU-A", 100);
        race_run(6, read_or_change, NULL);
        ck_assert_int_eq(atomic_load(&n_reads), 160);
        ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), 140);
}

int main(void) {
        Suite *suite = suite_create("pricing/known");
        TCase *tests = tcase_create("known");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
