/* The catalog's client: what the catalog says, and what it said last while it does not answer. */
#include "base/callee.h"
#include "data/catalog_client.h"
#include "market.h"
#include "support.h"

#define N_FAILURES 5

static Ctx *ctx;
static CatalogBook book;
static Catalog *catalog;
static Product products[2];
static bool is_old;

static void open_client(int64_t max_age_ms) {
        catalog = order_catalog_client_new(ctx->arena, &book.base, last_said_new(ctx->arena, 64, max_age_ms));
}

static void setup(void) {
        ctx = test_ctx();
        catalog_book_init(&book);
        callee_init(&(CalleeLimits) { .n_calls = 8,
                                      .wait_ms = TEST_WAIT_MS,
                                      .breaker = { N_FAILURES, TEST_WAIT_MS, TEST_WAIT_MS } },
                    NULL);
        open_client(TEST_WAIT_MS);
}

static const Error *load(const char *first, const char *second) {
        return catalog->load(catalog, ctx, (const char *[]) { first, second }, 2, products, &is_old);
}

static const Error *load_sample(void) {
        return load("SKU-ABC-001", "SKU-DEF-002");
}

static void assert_sample_is_old(void) {
        ck_assert_ok(load_sample());
        ck_assert(is_old);
        ck_assert_str_eq(products[0].product_id, "PROD-67890");
        ck_assert_str_eq(products[0].name, "Premium Wireless Headphones");
        ck_assert(products[0].is_for_sale);
        ck_assert_str_eq(products[0].seller_id, "SELLER-1");
        ck_assert_str_eq(products[0].tax_class, "standard");
        ck_assert_int_eq(products[0].base_price_minor, 24999);
        ck_assert_str_eq(products[1].currency, "USD");
        ck_assert_uint_eq(products[1].n_category_ids, 2);
        ck_assert_str_eq(products[1].category_ids[1], "CAT-ALL");
}

TEST(a_product_is_what_the_catalog_says) {
        ck_assert_ok(load("SKU-DEF-002", "SKU-GONE"));
        ck_assert(!is_old);
        ck_assert_str_eq(products[0].product_id, "PROD-11111");
        ck_assert_str_eq(products[0].sku, "SKU-DEF-002");
        ck_assert_str_eq(products[0].name, "Portable Bluetooth Speaker");
        ck_assert_str_eq(products[0].seller_id, "SELLER-2");
        ck_assert_str_eq(products[0].tax_class, "standard");
        ck_assert_int_eq(products[0].base_price_minor, 15000);
        ck_assert_str_eq(products[0].currency, "USD");
        ck_assert(products[0].is_for_sale);
        ck_assert_uint_eq(products[0].n_category_ids, 2);
        ck_assert_str_eq(products[0].category_ids[0], "CAT-AUDIO");
        ck_assert(!products[1].is_for_sale);
}

TEST(a_sku_without_a_product_has_no_id_and_no_price) {
        ck_assert_ok(load("SKU-NOPE", "SKU-ABC-001"));
        ck_assert_ptr_null(products[0].product_id);
        ck_assert_ptr_null(products[0].currency);
        ck_assert_str_eq(products[1].product_id, "PROD-67890");
}

START_TEST(while_it_does_not_answer_what_it_said_last_counts) {
        static const Mood moods[] = { MOOD_AWAY, MOOD_TOO_LATE };

        ck_assert_ok(load_sample());
        book.mood = moods[_i];
        book.more_minor = 100;
        assert_sample_is_old();
        book.mood = MOOD_ANSWERS;
        ck_assert_ok(load_sample());
        ck_assert(!is_old);
        ck_assert_int_eq(products[0].base_price_minor, 25099);
}
END_TEST

TEST(what_a_breaker_refuses_counts_as_not_answered) {
        ck_assert_ok(load_sample());
        book.mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES; i++)
                assert_sample_is_old();
        ck_assert_int_eq(book.n_calls, 1 + N_FAILURES);
        assert_sample_is_old();
        ck_assert_int_eq(book.n_calls, 1 + N_FAILURES);
}

TEST(what_it_never_said_cannot_be_had) {
        ck_assert_ok(load("SKU-ABC-001", "SKU-NOPE"));
        book.mood = MOOD_TOO_LATE;
        ck_assert_int_eq(ck_assert_reason(load_sample(), REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
        ck_assert_reason(load("SKU-ABC-001", "SKU-NOPE"), REASON_UNAVAILABLE);
}

TEST(a_product_that_is_gone_is_not_remembered) {
        ck_assert_ok(load_sample());
        book.sells_nothing = true;
        ck_assert_ok(load_sample());
        ck_assert_ptr_null(products[0].product_id);
        book.mood = MOOD_AWAY;
        ck_assert_reason(load_sample(), REASON_UNAVAILABLE);
}

static bool is_refused(void *arg) {
        (void) arg;
        return load_sample() != NULL;
}

TEST(what_was_said_too_long_ago_does_not_count) {
        callee_init(&(CalleeLimits) { .n_calls = 8, .wait_ms = 1000, .breaker = { 1000000, 60000, 1 } },
                    NULL);
        open_client(1);
        ck_assert_ok(load_sample());
        book.mood = MOOD_AWAY;
        test_wait_until(is_refused, NULL, TEST_WAIT_MS, "a millisecond is over");
        ck_assert_reason(load_sample(), REASON_UNAVAILABLE);
}

TEST(any_other_failure_is_a_failure) {
        ck_assert_ok(load_sample());
        book.mood = MOOD_BROKEN;
        ck_assert_int_eq(load_sample()->code, ERROR_INTERNAL);
}

TEST(a_call_that_is_over_itself_takes_nothing_old) {
        ck_assert_ok(load_sample());
        book.mood = MOOD_AWAY;
        ctx_limit(ctx, 0);
        ck_assert_reason(load_sample(), REASON_DEADLINE_EXCEEDED);
}

TEST(an_answer_without_sense_is_a_failure) {
        book.forgets_one = true;
        ck_assert_int_eq(load_sample()->code, ERROR_INTERNAL);
        book.forgets_one = false;
        book.swaps_names = true;
        ck_assert_int_eq(load_sample()->code, ERROR_INTERNAL);
        book.swaps_names = false;
        book.more_minor = -15001;
        ck_assert_int_eq(load_sample()->code, ERROR_INTERNAL);
}

int main(void) {
        Suite *suite = suite_create("order catalog client");
        TCase *tests = tcase_create("catalog client");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, while_it_does_not_answer_what_it_said_last_counts, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
