#include "fixture.h"

#include "base/clock.h"
#include "base/memory.h"
#include "race.h"

#define N_RACERS 8

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

/* One of each kind, with all that it has. */
static ShippingRule rule_of(ShippingRuleKind kind) {
        ShippingRule rule = shipping_rule_of(kind);

        rule.zone = "HOME";
        if (kind == SHIPPING_ZONE) {
                rule.country = "US";
                rule.state = "CA";
                rule.valid_from_us = 1000000;
                rule.valid_to_us = clock_wall_us() + 3600 * US_PER_S;
        } else if (kind == SHIPPING_WAREHOUSE) {
                rule.warehouse_id = "WH-1";
        } else {
                rule.from_zone = "NEAR";
                rule.method = SHIPPING_OVERNIGHT;
        }
        if (kind == SHIPPING_TRANSIT)
                rule.days = 3;
        if (kind == SHIPPING_RATE) {
                rule.currency = "EUR";
                rule.tier = "gold";
                rule.above_grams = 1, rule.max_grams = 2, rule.amount_minor = 3;
                rule.step_grams = 4, rule.step_minor = 5;
                rule.is_taxable = true;
        }
        return rule;
}

static void assert_same_rule(const ShippingRule *a, const ShippingRule *b) {
        const char *texts[][2] = { { a->country, b->country }, { a->state, b->state }, { a->zone, b->zone },
                                   { a->warehouse_id, b->warehouse_id }, { a->from_zone, b->from_zone },
                                   { a->currency, b->currency }, { a->tier, b->tier } };
        int64_t numbers[][2] = { { a->kind, b->kind }, { a->method, b->method },
                                 { a->above_grams, b->above_grams }, { a->max_grams, b->max_grams },
                                 { a->amount_minor, b->amount_minor }, { a->step_grams, b->step_grams },
                                 { a->step_minor, b->step_minor }, { a->is_taxable, b->is_taxable },
                                 { a->days, b->days }, { a->ends_id, b->ends_id },
                                 { a->valid_from_us, b->valid_from_us },
                                 { a->valid_to_us, b->valid_to_us } };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                ck_assert_str_eq(texts[i][0], texts[i][1]);
        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
                ck_assert_int_eq(numbers[i][0], numbers[i][1]);
}

TEST(a_rule_is_found_as_it_was_set) {
        ShippingRuleRepo *repo = f->tariff.repo;
        const ShippingRule *found;

        for (ShippingRuleKind kind = SHIPPING_ZONE; kind < SHIPPING_ENDING; kind++) {
                ShippingRule rule = rule_of(kind);
                int64_t id = fixture_set(f, &rule);

                ck_assert_int_eq(id, kind);
                ck_assert_ok(repo->find(repo, test_ctx(), id, &found));
                assert_same_rule(found, &rule);
                ck_assert_int_eq(found->id, id);
                ck_assert_str_eq(found->created_by, "shipping-service");
                ck_assert_int_gt(found->created_at_us, 0);
        }
        ck_assert_ok(repo->find(repo, test_ctx(), 99, &found));
        ck_assert_ptr_null(found);
}

TEST(a_rule_is_ended_once_and_the_one_before_counts_again) {
        int64_t id, first, second;

        fixture_set_home(f);
        first = fixture_set_rate(f, 100);
        second = fixture_set_rate(f, 120);
        ck_assert_ok(shipping_end_rule(&f->tariff, test_ctx(), second, &id));
        ck_assert_int_eq(id, second + 1);
        ck_assert_int_eq(fixture_price(&f->tariff), 100);
        ck_assert_reason(shipping_end_rule(&f->tariff, test_ctx(), second, &id), REASON_SHIPPING_RULE_ENDED);
        ck_assert_reason(shipping_end_rule(&f->tariff, test_ctx(), second + 1, &id),
                         REASON_SHIPPING_RULE_NOT_FOUND);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version FROM shipping_version"), second + 1);
        ck_assert_ok(shipping_end_rule(&f->tariff, test_ctx(), first, &id));
        ck_assert_int_eq(fixture_price(&f->tariff), -1);
}

static const ShippingRule *list(RuleQuery query, size_t *ret_n) {
        RulePage page;

        ck_assert_ok(shipping_list_rules(&f->tariff, test_ctx(), query, &page));
        *ret_n = page.n_rules;
        return page.rules;
}

TEST(rules_are_listed_newest_first_by_kind_and_zone) {
        ShippingRule elsewhere = fixture_rate(1);
        size_t n;

        fixture_set_home(f);
        fixture_set_rate(f, 100);
        elsewhere.zone = "FAR";
        fixture_set(f, &elsewhere);
        const ShippingRule *rules = list((RuleQuery) { .zone = "" }, &n);
        ck_assert_uint_eq(n, 4);
        ck_assert_int_eq(rules[0].id, 4);
        ck_assert_int_eq(rules[3].id, 1);
        rules = list((RuleQuery) { .zone = "", .kind = SHIPPING_RATE }, &n);
        ck_assert_uint_eq(n, 2);
        rules = list((RuleQuery) { .zone = "FAR" }, &n);
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(rules[0].id, 4);
        rules = list((RuleQuery) { .zone = "", .before_id = 3, .limit = 1 }, &n);
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(rules[0].id, 2);
}

TEST(rules_stay_as_they_are) {
        fixture_set_home(f);
        ck_assert_str_eq(test_sql_text(f->dsn, "DO $$ BEGIN UPDATE shipping_rules SET days = 2;"
                                               " RAISE 'it was changed'; EXCEPTION WHEN raise_exception THEN"
                                               " IF SQLERRM NOT LIKE 'Rules of shipping%' THEN RAISE; END IF;"
                                               " END $$; SELECT 'refused'"),
                         "refused");
}

static void set_in_turn(Ctx *ctx, void *arg, size_t i) {
        (void) arg;
        for (int64_t n = 0; n < 10; n++) {
                ShippingRule rule = fixture_rate((int64_t) i);
                int64_t id;

                ck_assert_ok(shipping_set_rule(&f->tariff, ctx, &rule, &id));
        }
}

TEST(rules_that_are_set_at_once_have_numbers_without_gaps) {
        race_run(N_RACERS, set_in_turn, NULL);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM shipping_rules"), N_RACERS * 10);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT max(rule_id) FROM shipping_rules"), N_RACERS * 10);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version FROM shipping_version"), N_RACERS * 10);
}

/* What a statement by hand would break. */
TEST(the_table_refuses_rules_that_contradict_themselves) {
        static const char *const wrong[] = {
                "'RATE', 'HOME', '', 'standard', '', '', 0, 0, 0, 0, 0",
                "'RATE', 'HOME', '', '', 'USD', '', 0, 0, 0, 0, 0",
                "'RATE', '', '', 'standard', 'USD', '', 0, 0, 0, 0, 0",
                "'RATE', 'HOME', '', 'standard', 'USD', '', 5, 5, 0, 0, 0",
                "'RATE', 'HOME', '', 'standard', 'USD', '', 0, 0, -1, 0, 0",
                "'RATE', 'HOME', '', 'standard', 'USD', '', 0, 0, 0, 1, 0",
                "'ZONE', 'HOME', '', '', '', 'us', 0, 0, 0, 0, 0",
                "'WAREHOUSE', 'HOME', '', '', '', '', 0, 0, 0, 0, 0",
                "'TRANSIT', 'HOME', '', 'pigeon', '', '', 0, 0, 0, 0, 0",
                "'ENDING', 'HOME', '', '', '', '', 0, 0, 0, 0, 0",
        };

        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
                test_sql(f->dsn,
                         arena_printf(test_ctx()->arena,
                                      "DO $$ BEGIN INSERT INTO shipping_rules (created_by, kind, zone,"
                                      " from_zone, method, currency, country, above_grams, max_grams,"
                                      " amount_minor, step_grams, step_minor) VALUES ('test', %s);"
                                      " RAISE SQLSTATE 'MR999'; EXCEPTION WHEN check_violation THEN END $$",
                                      wrong[i]));
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM shipping_rules"), 0);
}

int main(void) {
        Suite *suite = suite_create("shipping/rules");
        TCase *tests = tcase_create("rules");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
