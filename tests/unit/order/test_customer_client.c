/* The customer service's client: what it says, and what it said last of who may order while it is away. */
#include "base/callee.h"
#include "customer_book.h"
#include "data/customer_client.h"
#include "market.h"
#include "support.h"

#define N_FAILURES 5

static Ctx *ctx;
static CustomerBook book;
static Customers *customers;
static Customer customer;
static bool is_old;

static void open_client(int64_t max_age_ms) {
        customers = order_customer_client_new(ctx->arena, &book.base, callee_new(ctx->arena, "customer"),
                                              last_said_new(ctx->arena, 64, max_age_ms));
}

static void setup(void) {
        ctx = test_ctx();
        customer_book_init(&book);
        callee_init(&(CalleeLimits) { .n_calls = 8,
                                      .wait_ms = TEST_WAIT_MS,
                                      .breaker = { N_FAILURES, TEST_WAIT_MS, TEST_WAIT_MS } },
                    NULL);
        open_client(TEST_WAIT_MS);
}

static const Error *load(const char *id) {
        return customers->load(customers, ctx, id, &customer, &is_old);
}

static void assert_is_alex(void) {
        ck_assert(customer.is_known && customer.is_active);
        ck_assert_str_eq(customer.name, "Alex Customer");
        ck_assert_str_eq(customer.email, "customer@example.com");
        ck_assert_str_eq(customer.tier, "gold");
        ck_assert_int_eq(customer.tier_discount_bp, 500);
}

TEST(a_customer_is_what_the_service_says) {
        ck_assert_ok(load("CUST-12345"));
        ck_assert(!is_old);
        assert_is_alex();
        ck_assert_ok(load("CUST-CLOSED"));
        ck_assert(customer.is_known && !customer.is_active);
        ck_assert_str_eq(customer.tier, "bronze");
        ck_assert_ok(load("NOBODY"));
        ck_assert(!customer.is_known && !is_old);
}

/* Who may order for whom was judged before; in a split installation no other right of his goes along. */
TEST(it_is_asked_on_nobodys_behalf) {
        Ctx of_an_admin = *ctx;

        of_an_admin.caller = &(Caller) { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        ck_assert_ok(customers->load(customers, &of_an_admin, "CUST-12345", &customer, &is_old));
        ck_assert(!book.is_asked_for_somebody);
        assert_is_alex();
}

START_TEST(while_it_does_not_answer_what_it_said_last_counts) {
        static const Mood moods[] = { MOOD_AWAY, MOOD_TOO_LATE };

        ck_assert_ok(load("CUST-12345"));
        book.mood = moods[_i];
        book.more_bp = 100;
        ck_assert_ok(load("CUST-12345"));
        ck_assert(is_old);
        assert_is_alex();
        book.mood = MOOD_ANSWERS;
        ck_assert_ok(load("CUST-12345"));
        ck_assert(!is_old);
        ck_assert_int_eq(customer.tier_discount_bp, 600);
}
END_TEST

TEST(what_a_breaker_refuses_counts_as_not_answered) {
        ck_assert_ok(load("CUST-12345"));
        book.mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES + 1; i++)
                ck_assert_ok(load("CUST-12345"));
        ck_assert_int_eq(book.n_calls, 1 + N_FAILURES);
        ck_assert(is_old);
}

/* That somebody is unknown or closed is said by the service or by nobody. */
START_TEST(of_others_than_who_may_order_nothing_is_known_without_it) {
        static const char *const ids[] = { "NOBODY", "CUST-CLOSED", "CUST-1" };

        if (_i < 2)
                ck_assert_ok(load(ids[_i]));
        book.mood = MOOD_AWAY;
        ck_assert_int_eq(ck_assert_reason(load(ids[_i]), REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
}
END_TEST

TEST(who_was_closed_is_forgotten) {
        ck_assert_ok(load("CUST-12345"));
        book.closes_all = true;
        ck_assert_ok(load("CUST-12345"));
        ck_assert(!customer.is_active);
        book.mood = MOOD_AWAY;
        ck_assert_reason(load("CUST-12345"), REASON_UNAVAILABLE);
}

static bool is_refused(void *arg) {
        (void) arg;
        return load("CUST-12345") != NULL;
}

TEST(what_was_said_too_long_ago_does_not_count) {
        callee_init(&(CalleeLimits) { .n_calls = 8, .wait_ms = 1000, .breaker = { 1000000, 60000, 1 } },
                    NULL);
        open_client(1);
        ck_assert_ok(load("CUST-12345"));
        book.mood = MOOD_AWAY;
        test_wait_until(is_refused, NULL, TEST_WAIT_MS, "a millisecond is over");
}

TEST(any_other_failure_is_a_failure) {
        ck_assert_ok(load("CUST-12345"));
        book.mood = MOOD_BROKEN;
        ck_assert_int_eq(load("CUST-12345")->code, ERROR_INTERNAL);
}

TEST(a_call_that_is_over_itself_takes_nothing_old) {
        ck_assert_ok(load("CUST-12345"));
        book.mood = MOOD_AWAY;
        ctx_limit(ctx, 0);
        ck_assert_reason(load("CUST-12345"), REASON_DEADLINE_EXCEEDED);
}

TEST(an_answer_without_sense_is_a_failure) {
        book.swaps_ids = true;
        ck_assert_int_eq(load("CUST-12345")->code, ERROR_INTERNAL);
        book.swaps_ids = false;
        book.says_nothing = true;
        ck_assert_int_eq(load("CUST-12345")->code, ERROR_INTERNAL);
        book.says_nothing = false;
        book.more_bp = -501;
        ck_assert_int_eq(load("CUST-12345")->code, ERROR_INTERNAL);
        book.more_bp = -500;
        ck_assert_ok(load("CUST-12345"));
        book.more_bp = 9501;
        ck_assert_int_eq(load("CUST-12345")->code, ERROR_INTERNAL);
        book.more_bp = 9500;
        ck_assert_ok(load("CUST-12345"));
}

int main(void) {
        Suite *suite = suite_create("order customer client");
        TCase *tests = tcase_create("customer client");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, while_it_does_not_answer_what_it_said_last_counts, 0, 2);
        tcase_add_loop_test(tests, of_others_than_who_may_order_nothing_is_known_without_it, 0, 3);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
