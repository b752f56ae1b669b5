#include "fixture.h"

#include <stdatomic.h>

#include "race.h"

#define SHORT_MS 200

static Fixture *f;
static Tariff other;

static void set_up(void) {
        f = fixture_new();
        fixture_set_home(f);
        other = fixture_other(f, MAX_AGE_MS);
}

static const Error *look(Tariff *tariff, Ctx *ctx) {
        return tariff->repo->look(tariff->repo, ctx);
}

static KnownRules known_to(Tariff *tariff) {
        KnownRules known;

        ck_assert_ok(tariff->repo->known(tariff->repo, test_ctx(), &known));
        return known;
}

/* Whoever asks the database waits, until the test ends. */
static void lock_database(void) {
        test_sql(f->dsn, "BEGIN; LOCK TABLE shipping_version, shipping_rules IN ACCESS EXCLUSIVE MODE");
}

TEST(who_sets_a_rate_uses_it_at_once_and_another_process_once_it_has_looked) {
        fixture_set_rate(f, 100);
        ck_assert_int_eq(fixture_price(&f->tariff), 100);
        ck_assert_int_eq(fixture_price(&other), 100);
        fixture_set_rate(f, 120);
        ck_assert_int_eq(fixture_price(&f->tariff), 120);
        ck_assert_int_eq(fixture_price(&other), 100);
        ck_assert_ok(look(&other, test_ctx()));
        ck_assert_int_eq(fixture_price(&other), 120);
}

TEST(that_there_are_no_rules_is_asked_again_each_time) {
        Fixture *empty = fixture_new();
        Tariff another = fixture_other(empty, MAX_AGE_MS);

        ck_assert_int_eq(fixture_price(&another), -1);
        ck_assert_uint_eq(known_to(&another).rules->n_rules, 0);
        fixture_set_home(empty);
        fixture_set_rate(empty, 100);
        ck_assert_int_eq(fixture_price(&another), 100);
}

TEST(it_has_looked_once_a_look_has_succeeded) {
        Ctx late = *test_ctx();

        ck_assert(f->tariff.repo->has_looked(f->tariff.repo));
        ck_assert(!other.repo->has_looked(other.repo));
        ck_assert_ok(look(&other, test_ctx()));
        ck_assert(other.repo->has_looked(other.repo));
        other = fixture_other(f, MAX_AGE_MS);
        lock_database();
        ctx_limit(&late, SHORT_MS);
        ck_assert_ptr_nonnull(look(&other, &late));
        ck_assert(!other.repo->has_looked(other.repo));
}

TEST(what_is_known_is_used_without_the_database) {
        fixture_set_rate(f, 100);
        int64_t as_of_us = known_to(&f->tariff).as_of_us;

        lock_database();
        for (int i = 0; i < 3; i++) {
                Ctx late = *test_ctx();

                ck_assert_int_eq(fixture_price(&f->tariff), 100);
                ctx_limit(&late, SHORT_MS);
                ck_assert_ptr_nonnull(look(&f->tariff, &late));
        }
        ck_assert_int_eq(known_to(&f->tariff).as_of_us, as_of_us);
}

/* With an error, since the database does not answer. */
static bool is_too_old(void *tariff) {
        Ctx late = *test_ctx();
        ShippingRuleRepo *repo = ((Tariff *) tariff)->repo;
        KnownRules known;

        ctx_limit(&late, SHORT_MS);
        return repo->known(repo, &late, &known) != NULL;
}

TEST(what_is_known_for_too_long_is_not_used_without_the_database) {
        Tariff forgetful = fixture_other(f, 1);

        fixture_set_rate(f, 100);
        ck_assert_int_eq(fixture_price(&forgetful), 100);
        lock_database();
        test_wait_until(is_too_old, &forgetful, TEST_WAIT_MS / 2, "what is known is too old");
        ck_assert(!is_too_old(&f->tariff));
}

TEST(a_look_that_finds_nothing_new_keeps_the_set_and_moves_its_time) {
        fixture_set_rate(f, 100);
        KnownRules before = known_to(&f->tariff);
        test_sql(f->dsn, "SELECT pg_sleep(0.01)");
        ck_assert_ok(look(&f->tariff, test_ctx()));
        KnownRules after = known_to(&f->tariff);

        ck_assert_ptr_eq(before.rules, after.rules);
        ck_assert_int_gt(after.as_of_us, before.as_of_us);
}

static atomic_int n_reads;

/* Each change raises the price, so no reader ever sees it fall. */
static void read_or_change(Ctx *ctx, void *arg, size_t i) {
        int64_t last = 0;

        (void) arg;
        for (int64_t n = 1; n <= 40; n++) {
                ShippingQuote quote;

                if (i == 0) {
                        ShippingRule rule = fixture_rate(100 + n);
                        int64_t id;

                        ck_assert_ok(shipping_set_rule(&f->tariff, ctx, &rule, &id));
                } else if (i == 1) {
                        ck_assert_ok(look(&f->tariff, ctx));
                } else {
                        ck_assert_ok(fixture_quote(&f->tariff, ctx, 0, NULL, &quote));
                        ck_assert_int_ge(quote.options[0].total_minor, last);
                        ck_assert_int_eq(quote.options[0].total_minor, 97 + quote.rates_version);
                        last = quote.options[0].total_minor;
                        atomic_fetch_add(&n_reads, 1);
                }
        }
}

TEST(readers_see_one_whole_set_after_another_while_it_is_replaced) {
        fixture_set_rate(f, 100);
        race_run(6, read_or_change, NULL);
        ck_assert_int_eq(atomic_load(&n_reads), 160);
        ck_assert_int_eq(fixture_price(&f->tariff), 140);
}

int main(void) {
        Suite *suite = suite_create("shipping/known");
        TCase *tests = tcase_create("known");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
