#include "fake.h"

#include "base/clock.h"

static const CartTerms no_terms = { .currency = "", .tier = "" };

static const Error *complete_one(const char *currency, int64_t quantity, CompleteProduct *ret_complete) {
        CartLine wanted = { .quantity = quantity, .warehouse_id = "W-1" };

        return catalog_complete(&catalog, ctx_of("", 0), "PROD-1", &wanted, currency, true, ret_complete);
}

TEST(a_product_comes_with_its_price_and_its_stock_each_as_of_its_own_time) {
        CompleteProduct complete;

        ck_assert_ok(complete_one("", 3, &complete));
        ck_assert_str_eq(complete.product.sku, "SKU-1");
        ck_assert_int_eq(complete.product.read_at_us, 3000);
        ck_assert(!complete.price.is_fallback);
        ck_assert_int_eq(complete.price.unit_minor, 7890);
        ck_assert_int_eq(complete.price.total_minor, 3 * 7890);
        ck_assert_int_eq(complete.price.rules_version, 7);
        ck_assert_int_eq(complete.price.as_of_us, 4000);
        ck_assert(complete.stock.is_known);
        ck_assert_str_eq(complete.stock.levels[0].warehouse_id, "W-1");
        ck_assert_int_eq(complete.stock.levels[0].available, 1);
        ck_assert_int_eq(complete.stock.as_of_us, 5000);
}

TEST(no_quantity_is_one) {
        CompleteProduct complete;

        ck_assert_ok(complete_one("", 0, &complete));
        ck_assert_int_eq(complete.price.quantity, 1);
}

TEST(without_pricing_the_base_price_stands) {
        CompleteProduct complete;

        prices.problem = FAKE_AWAY;
        ck_assert_ok(complete_one("EUR", 3, &complete));
        ck_assert(complete.price.is_fallback);
        ck_assert_int_eq(complete.price.unit_minor, 7900);
        ck_assert_int_eq(complete.price.total_minor, 3 * 7900);
        ck_assert_str_eq(complete.price.currency, "USD");
        ck_assert_int_eq(complete.price.rules_version, 0);
        ck_assert_int_eq(complete.price.as_of_us, 3000);
        ck_assert(complete.stock.is_known);
}

TEST(without_the_warehouse_the_stock_is_not_known) {
        CompleteProduct complete;

        stock.problem = FAKE_AWAY;
        ck_assert_ok(complete_one("", 1, &complete));
        ck_assert(!complete.stock.is_known);
        ck_assert(!complete.price.is_fallback);
}

TEST(a_price_is_asked_in_the_currency_of_the_base_price_unless_another_is_wanted) {
        CompleteProduct complete;

        ck_assert_ok(complete_one("", 1, &complete));
        ck_assert_str_eq(prices.terms.currency, "USD");
        ck_assert_ok(complete_one("VND", 1, &complete));
        ck_assert_str_eq(prices.terms.currency, "VND");
        ck_assert_str_eq(complete.price.currency, "VND");
}

TEST(a_currency_that_nobody_knows_is_refused_before_anybody_is_asked) {
        CompleteProduct complete[1];
        CartLine line = { .sku = "SKU-1" };
        CartTerms terms = { .currency = "XXX", .tier = "" };
        const Error *error = ck_assert_reason(complete_one("usd", 1, complete), REASON_INVALID_REQUEST);

        ck_assert_str_eq(error->violations[0].field, "currency");
        ck_assert_reason(catalog_complete_many(&catalog, test_ctx(), &line, 1, &terms, complete),
                         REASON_INVALID_REQUEST);
        ck_assert_uint_eq(prices.n_calls, 0);
}

TEST(nobody_waits_for_a_part_longer_than_its_time) {
        CompleteProduct complete;
        int64_t latest_us = clock_monotonic_us() + CATALOG_PART_TIMEOUT_MS * US_PER_MS;

        ck_assert_ok(complete_one("", 1, &complete));
        ck_assert_int_le(latest_us, prices.deadline_us);
        ck_assert_int_le(prices.deadline_us, clock_monotonic_us() + CATALOG_PART_TIMEOUT_MS * US_PER_MS);
}

TEST(a_call_whose_own_time_is_over_has_no_answer) {
        CartLine wanted = { .quantity = 1 };
        CompleteProduct complete;
        Ctx *ctx = ctx_of("", 0);

        prices.problem = stock.problem = FAKE_AWAY;
        ctx->deadline_us = clock_monotonic_us() - 1;
        ck_assert_reason(catalog_complete(&catalog, ctx, "PROD-1", &wanted, "", true, &complete),
                         REASON_DEADLINE_EXCEEDED);
}

TEST(an_unknown_product_is_not_found) {
        CompleteProduct complete;

        repo.has_product = false;
        ck_assert_reason(complete_one("", 1, &complete), REASON_PRODUCT_NOT_FOUND);
}

TEST(the_stock_is_not_asked_for_where_only_the_price_is_wanted) {
        CartLine wanted = { .quantity = 1, .warehouse_id = "" };
        CompleteProduct complete;

        ck_assert_ok(catalog_complete(&catalog, test_ctx(), "PROD-1", &wanted, "", false, &complete));
        ck_assert_uint_eq(stock.n_calls, 0);
        ck_assert_int_eq(complete.price.unit_minor, 7890);
}

static CompleteProduct *complete_cart(size_t n, const CartTerms *terms) {
        Arena *arena = test_ctx()->arena;
        CompleteProduct *complete = ARENA_ARRAY(arena, CompleteProduct, n);
        CartLine *lines = ARENA_ARRAY(arena, CartLine, n);

        for (size_t i = 0; i < n; i++)
                lines[i] = (CartLine) {
                        .sku = i == 1 ? "SKU-NONE" : arena_printf(arena, "SKU-%zu", i % 10),
                        .quantity = (int64_t) i + 1,
                        .warehouse_id = "",
                };
        ck_assert_ok(catalog_complete_many(&catalog, test_ctx(), lines, n, terms, complete));
        return complete;
}

TEST(a_cart_is_priced_in_one_call_and_has_the_stock_of_each_line) {
        CartTerms terms = { .currency = "", .tier = "gold" };
        CompleteProduct *complete = complete_cart(100, &terms);

        ck_assert_uint_eq(prices.n_calls, 1);
        ck_assert_str_eq(prices.terms.tier, "gold");
        ck_assert_str_eq(prices.terms.currency, CATALOG_CURRENCY);
        ck_assert_uint_eq(stock.n_calls, 99);
        for (size_t i = 0; i < 100; i++) {
                if (i == 1)
                        continue;
                ck_assert_int_eq(complete[i].price.quantity, (int64_t) i + 1);
                ck_assert_int_eq(complete[i].stock.levels[0].available, (int64_t) i % 10);
        }
}

TEST(a_sku_that_there_is_not_has_nothing_and_costs_no_question) {
        CompleteProduct *complete = complete_cart(3, &no_terms);

        ck_assert_ptr_null(complete[1].product.product_id);
        ck_assert(!complete[1].stock.is_known);
        ck_assert_int_eq(complete[1].price.unit_minor, 0);
        ck_assert_uint_eq(stock.n_calls, 2);
}

TEST(one_line_without_a_price_leaves_the_others_theirs) {
        prices.problem = FAKE_NONE;
        prices.problem_sku = "SKU-2";
        CompleteProduct *complete = complete_cart(4, &no_terms);

        ck_assert(!complete[0].price.is_fallback);
        ck_assert(complete[2].price.is_fallback);
        ck_assert_int_eq(complete[2].price.unit_minor, 7900);
        ck_assert(!complete[3].price.is_fallback);
        ck_assert_int_eq(complete[3].price.unit_minor, 7890);
}

TEST(pricing_that_is_away_is_asked_once_for_a_cart) {
        prices.problem = FAKE_AWAY;
        CompleteProduct *complete = complete_cart(4, &no_terms);

        ck_assert_uint_eq(prices.n_calls, 1);
        ck_assert(complete[0].price.is_fallback && complete[2].price.is_fallback &&
                  complete[3].price.is_fallback);
}

TEST(a_warehouse_that_is_away_is_not_asked_for_every_line) {
        stock.problem = FAKE_AWAY;
        complete_cart(100, &no_terms);
        ck_assert_uint_eq(stock.n_calls, CATALOG_STOCK_AT_ONCE);
}

int main(void) {
        Suite *suite = suite_create("catalog/complete");
        TCase *tests = tcase_create("complete");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
