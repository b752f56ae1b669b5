#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fixture.h"
#include "race.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static PriceRule rule_of(PriceRuleKind kind) {
        PriceRule rule = pricing_rule_of(kind);

        rule.sku = "SKU-A";
        rule.product_id = "PROD-1";
        return rule;
}

/* One of each kind, with all that it has. */
static size_t each_kind(PriceRule rules[PRICING_ENDING]) {
        PriceRule rate = pricing_rule_of(PRICING_CURRENCY_RATE);
        PriceRule markup = pricing_rule_of(PRICING_WAREHOUSE_MARKUP);
        PriceRule bulk = pricing_rule_of(PRICING_BULK_DISCOUNT), tax = pricing_rule_of(PRICING_TAX_RATE);
        PriceRule base = rule_of(PRICING_BASE_PRICE), row = rule_of(PRICING_QUANTITY_BREAK);
        PriceRule list = rule_of(PRICING_PRICE_LIST);

        base.currency = "USD";
        base.is_fixed = true;
        base.amount_minor = 100;
        base.valid_from_us = 1000000;
        base.valid_to_us = clock_wall_us() + 3600 * US_PER_S;
        rate.currency = "USD";
        rate.to_currency = "EUR";
        rate.rate_ppb = 920000000;
        rate.source = "ECB";
        rate.rate_as_of_us = 5000000;
        markup.warehouse_id = "FAR";
        markup.bp = 250;
        row.min_quantity = 10;
        row.bp = 500;
        list.tier = "gold";
        list.currency = "EUR";
        list.is_fixed = true;
        list.amount_minor = 80;
        bulk.name = "dear";
        bulk.min_subtotal_minor = 1000;
        bulk.currency = "USD";
        bulk.bp = 100;
        tax.country = "US";
        tax.state = "CA";
        tax.tax_class = "standard";
        tax.tax_ppm = 82030;
        tax.taxes_shipping = true;
        PriceRule all[] = { base, rate, markup, row, list, bulk, tax };
        memcpy(rules, all, sizeof(all));
        return ARRAY_SIZE(all);
}

static void assert_same_rule(const PriceRule *a, const PriceRule *b) {
        const char *texts[][2] = { { a->sku, b->sku }, { a->product_id, b->product_id },
                                   { a->currency, b->currency }, { a->to_currency, b->to_currency },
                                   { a->source, b->source }, { a->warehouse_id, b->warehouse_id },
                                   { a->tier, b->tier }, { a->segment, b->segment },
                                   { a->country, b->country }, { a->state, b->state },
                                   { a->tax_class, b->tax_class }, { a->name, b->name } };
        int64_t numbers[][2] = { { a->kind, b->kind }, { a->is_fixed, b->is_fixed },
                                 { a->amount_minor, b->amount_minor }, { a->bp, b->bp },
                                 { a->rate_ppb, b->rate_ppb }, { a->rate_as_of_us, b->rate_as_of_us },
                                 { a->min_quantity, b->min_quantity },
                                 { a->min_subtotal_minor, b->min_subtotal_minor }, { a->tax_ppm, b->tax_ppm },
                                 { a->taxes_shipping, b->taxes_shipping }, { a->ends_id, b->ends_id },
                                 { a->valid_from_us, b->valid_from_us }, { a->valid_to_us, b->valid_to_us } };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                ck_assert_str_eq(texts[i][0], texts[i][1]);
        for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
                ck_assert_int_eq(numbers[i][0], numbers[i][1]);
}

TEST(a_rule_is_found_as_it_was_set) {
        PriceRule rules[PRICING_ENDING];
        size_t n = each_kind(rules);
        const PriceRule *found;

        for (size_t i = 0; i < n; i++) {
                int64_t id = fixture_set(f, &rules[i]);

                ck_assert_int_eq(id, (int64_t) i + 1);
                ck_assert_ok(f->pricing.repo->find(f->pricing.repo, test_ctx(), id, &found));
                assert_same_rule(found, &rules[i]);
                ck_assert_int_eq(found->id, id);
                ck_assert_str_eq(found->created_by, "pricing-service");
                ck_assert_int_gt(found->created_at_us, 0);
        }
        ck_assert_ok(f->pricing.repo->find(f->pricing.repo, test_ctx(), 99, &found));
        ck_assert_ptr_null(found);
}

TEST(changes_of_a_products_prices_are_events_without_gaps) {
        PriceRule rules[PRICING_ENDING];
        size_t n = each_kind(rules);
        int64_t id;

        for (size_t i = 0; i < n; i++)
                fixture_set(f, &rules[i]);
        ck_assert_ok(pricing_end_rule(&f->pricing, test_ctx(), 1, &id));
        ck_assert_int_eq(id, 8);
        ck_assert_str_eq(
                test_sql_text(f->dsn,
                              "SELECT string_agg(concat_ws(' ', aggregate_type, aggregate_id,"
                              "                            aggregate_version, event_type,"
                              "                            payload::json->'data'->>'kind',"
                              "                            payload::json->'data'->>'ruleId',"
                              "                            payload::json->'data'->>'endsRuleId'),"
                              "                  ', ' ORDER BY id) FROM outbox"),
                "price PROD-1 1 price.updated BASE_PRICE 1, price PROD-1 2 price.updated QUANTITY_BREAK 4,"
                " price PROD-1 3 price.updated PRICE_LIST 5, price PROD-1 4 price.updated ENDING 8 1");
}

TEST(a_sku_belongs_to_one_product) {
        PriceRule rule = rule_of(PRICING_QUANTITY_BREAK);
        int64_t id;

        fixture_set_price(f, "SKU-A", 100);
        rule.product_id = "PROD-2";
        rule.min_quantity = 10;
        rule.bp = 1;
        ck_assert_reason(pricing_set_rule(&f->pricing, test_ctx(), &rule, &id),
                         REASON_PRICE_PRODUCT_MISMATCH);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version FROM pricing_version"), 1);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM outbox"), 1);
}

TEST(a_rule_is_ended_once_and_the_older_one_counts_again) {
        int64_t id;

        fixture_set_price(f, "SKU-A", 100);
        fixture_set_price(f, "SKU-A", 120);
        ck_assert_ok(pricing_end_rule(&f->pricing, test_ctx(), 2, &id));
        ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), 100);
        ck_assert_reason(pricing_end_rule(&f->pricing, test_ctx(), 2, &id), REASON_PRICE_RULE_ENDED);
        ck_assert_reason(pricing_end_rule(&f->pricing, test_ctx(), 3, &id), REASON_PRICE_RULE_NOT_FOUND);
        ck_assert_ok(pricing_end_rule(&f->pricing, test_ctx(), 1, &id));
        ck_assert_int_eq(fixture_price(&f->pricing, "SKU-A"), -1);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT version FROM pricing_version"), 4);
}

#define N_WRITERS 16

static void set_or_end(Ctx *ctx, void *arg, size_t i) {
        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);
        int64_t id;

        (void) arg;
        if (i % 4 == 3) {
                const Error *error = pricing_end_rule(&f->pricing, ctx, 1, &id);

                ck_assert(!error || error_is(error, REASON_PRICE_RULE_ENDED));
                return;
        }
        rule.sku = arena_printf(ctx->arena, "SKU-%zu", i % 2);
        rule.product_id = "PROD-1";
        rule.currency = "USD";
        rule.is_fixed = true;
        rule.amount_minor = (int64_t) i;
        ck_assert_ok(pricing_set_rule(&f->pricing, ctx, &rule, &id));
}

TEST(changes_at_once_have_numbers_and_versions_without_gaps) {
        fixture_set_price(f, "SKU-0", 100);
        race_run(N_WRITERS, set_or_end, NULL);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT concat_ws(' ', count(*), min(rule_id), max(rule_id),"
                                               "                 (SELECT version FROM pricing_version))"
                                               "  FROM price_rules"),
                         "14 1 14 14");
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT concat_ws(' ', count(*), min(aggregate_version),"
                                               "                 max(aggregate_version)) FROM outbox"),
                         "14 1 14");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM price_rules WHERE ends = 1"), 1);
}

static const char *problem_of(const char *statement) {
        return test_sql_text(f->dsn, arena_printf(test_ctx()->arena,
                                                  "DO $$ BEGIN %s; RAISE 'it was taken';"
                                                  " EXCEPTION WHEN OTHERS THEN"
                                                  "  PERFORM set_config('test.problem', SQLERRM, false);"
                                                  "END $$;"
                                                  "SELECT current_setting('test.problem')",
                                                  statement));
}

TEST(rules_are_neither_changed_nor_deleted) {
        static const char *const statements[] = { "UPDATE price_rules SET amount_minor = 1",
                                                  "DELETE FROM price_rules", "TRUNCATE price_rules" };

        fixture_set_price(f, "SKU-A", 100);
        for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
                ck_assert_ptr_nonnull(strstr(problem_of(statements[i]), "are not changed"));
}

TEST(a_row_that_is_no_rule_is_refused) {
        test_sql(f->dsn, "ALTER TABLE price_rules ALTER created_by SET DEFAULT 'test'");
        static const char *const rows[] = {
                "(kind, sku, currency, is_fixed) VALUES ('BASE_PRICE', 'SKU-A', 'USD', true)",
                "(kind, sku, product_id, is_fixed) VALUES ('BASE_PRICE', 'SKU-A', 'PROD-1', true)",
                "(kind, sku, product_id, bp) VALUES ('BASE_PRICE', 'SKU-A', 'PROD-1', 1)",
                "(kind, sku, product_id, tier, bp) VALUES ('PRICE_LIST', 'SKU-A', 'PROD-1', 'gold', 10001)",
                "(kind, sku, product_id, bp) VALUES ('PRICE_LIST', 'SKU-A', 'PROD-1', 1)",
                "(kind, sku, product_id, bp, min_quantity)"
                " VALUES ('QUANTITY_BREAK', 'SKU-A', 'PROD-1', 1, 1)",
                "(kind, currency, to_currency, rate_ppb, source, rate_as_of)"
                " VALUES ('CURRENCY_RATE', 'USD', 'USD', 1, 'x', now())",
                "(kind, currency, to_currency, rate_ppb, source)"
                " VALUES ('CURRENCY_RATE', 'USD', 'EUR', 1, 'x')",
                "(kind, bp) VALUES ('WAREHOUSE_MARKUP', 1)",
                "(kind, name, bp) VALUES ('BULK_DISCOUNT', 'x', 1)",
                "(kind, name, bp, min_subtotal_minor) VALUES ('BULK_DISCOUNT', 'x', 1, 1)",
                "(kind, country, tax_class) VALUES ('TAX_RATE', 'us', 'standard')",
                "(kind, country, tax_class, tax_ppm) VALUES ('TAX_RATE', 'US', 'standard', 1000001)",
                "(kind) VALUES ('ENDING')",
                "(kind, warehouse_id, valid_from, valid_to) VALUES ('WAREHOUSE_MARKUP', 'x', now(), now())",
        };

        for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
                const char *said = problem_of(
                        arena_printf(test_ctx()->arena, "INSERT INTO price_rules %s", rows[i]));

                ck_assert_msg(strstr(said, "check constraint") != NULL, "%s: %s", rows[i], said);
        }
}

static size_t list(PriceRuleKind kind, const char *sku, int64_t before_id, int64_t limit,
                   int64_t *ret_first) {
        RuleQuery query = { .kind = kind, .sku = sku, .before_id = before_id, .limit = limit };
        RulePage page;

        ck_assert_ok(pricing_list_rules(&f->pricing, test_ctx(), query, &page));
        *ret_first = page.n_rules > 0 ? page.rules[0].id : 0;
        return page.n_rules;
}

TEST(the_history_goes_back_page_by_page) {
        int64_t first, id;

        fixture_set_price(f, "SKU-A", 100);
        fixture_set_price(f, "SKU-B", 100);
        fixture_set_price(f, "SKU-A", 110);
        ck_assert_ok(pricing_end_rule(&f->pricing, test_ctx(), 1, &id));
        ck_assert_uint_eq(list(0, "", 0, 3, &first), 3);
        ck_assert_int_eq(first, 4);
        ck_assert_uint_eq(list(0, "", 2, 3, &first), 1);
        ck_assert_int_eq(first, 1);
        ck_assert_uint_eq(list(0, "SKU-A", 0, 0, &first), 3);
        ck_assert_uint_eq(list(PRICING_ENDING, "", 0, 0, &first), 1);
        ck_assert_int_eq(first, 4);
        ck_assert_uint_eq(list(PRICING_BASE_PRICE, "SKU-A", 0, 0, &first), 2);
        ck_assert_int_eq(first, 3);
}

int main(void) {
        Suite *suite = suite_create("pricing/changes");
        TCase *tests = tcase_create("changes");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
