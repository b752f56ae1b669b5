/* What one customer may have unpaid, and how often his payments may fail. */
#include "shop.h"

static TestList unlimited_tests;

#define N_UNPAID 3
#define N_DECLINES 4
#define MINUTE_MS 60000
#define PAYMENT(status) PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_##status

static Shop *shop;

static void setup(void) {
        shop = shop_open_with(&(ShopLimits) { .n_unpaid = N_UNPAID, .n_declines = N_DECLINES }, false);
}

static void without_limits(void) {
        shop = shop_open(false);
}

static void teardown(void) {
        shop_close(shop);
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

static const Error *place(const char *key) {
        const Error *error;

        shop_place(shop, key, &error);
        return error;
}

static void place_times(int n, PaymentV1PaymentStatus outcome, const char *reason) {
        shop->payments->outcome = outcome;
        for (int i = 0; i < n; i++)
                ck_assert_reason(place(NULL), reason);
}

static void assert_refused(const char *reason, const char *key) {
        const char *orders = SQL("SELECT count(*) FROM orders");
        size_t n_holds = shop->warehouse->n_holds;
        const Error *error = ck_assert_reason(place(key), reason);

        ck_assert_int_eq(error->code, ERROR_RESOURCE_EXHAUSTED);
        ck_assert_int_gt(error->retry_after_ms, 0);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), orders);
        ck_assert_uint_eq(shop->warehouse->n_holds, n_holds);
}

static void age_the_first(const char *age) {
        test_sql(shop->dsn, arena_printf(test_ctx()->arena,
                                         "UPDATE orders SET created_at = now() - interval '%s'"
                                         " WHERE order_id = (SELECT min(order_id) FROM orders)",
                                         age));
}

TEST(one_more_order_than_may_be_unpaid_is_refused) {
        place_times(N_UNPAID, PAYMENT(PENDING), "PAYMENT_PENDING");
        assert_refused("TOO_MANY_UNPAID_ORDERS", NULL);
        test_sql(shop->dsn, "UPDATE order_sagas SET customer_id = 'CUST-OTHER'"
                            " WHERE order_id = (SELECT min(order_id) FROM order_sagas)");
        place_times(1, PAYMENT(PENDING), "PAYMENT_PENDING");
        assert_refused("TOO_MANY_UNPAID_ORDERS", NULL);
}

TEST(an_order_that_waits_for_its_customer_is_unpaid) {
        shop->payments->outcome = PAYMENT(REQUIRES_ACTION);
        for (int i = 0; i < N_UNPAID; i++)
                ck_assert_ok(place(NULL));
        assert_refused("TOO_MANY_UNPAID_ORDERS", NULL);
}

TEST(orders_that_are_paid_are_not_counted) {
        for (int i = 0; i < 2 * N_UNPAID; i++)
                ck_assert_ok(place(NULL));
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_sagas WHERE due_at IS NOT NULL"), "6");
}

TEST(after_a_refusal_the_key_can_be_used_anew) {
        place_times(N_UNPAID, PAYMENT(PENDING), "PAYMENT_PENDING");
        assert_refused("TOO_MANY_UNPAID_ORDERS", "a-key-of-16-chars");
        test_sql(shop->dsn, "UPDATE order_sagas SET step = 'SETTLE'");
        shop->payments->outcome = PAYMENT(COMPLETED);
        ck_assert_ok(place("a-key-of-16-chars"));
}

TEST(after_too_many_declines_there_is_a_pause) {
        place_times(N_DECLINES, PAYMENT(FAILED), "PAYMENT_FAILED");
        assert_refused("TOO_MANY_DECLINES", NULL);
        age_the_first("9 minutes");
        const Error *error = ck_assert_reason(place(NULL), "TOO_MANY_DECLINES");
        ck_assert_int_le(error->retry_after_ms, MINUTE_MS);
        ck_assert_int_gt(error->retry_after_ms, MINUTE_MS / 2);
}

TEST(a_decline_is_forgotten_after_ten_minutes) {
        place_times(N_DECLINES, PAYMENT(FAILED), "PAYMENT_FAILED");
        age_the_first("10 minutes");
        place_times(1, PAYMENT(FAILED), "PAYMENT_FAILED");
        assert_refused("TOO_MANY_DECLINES", NULL);
}

/* Else nobody could order again until the clock has come by where it was. */
TEST(declines_from_before_the_clock_stepped_back_stop_nobody) {
        place_times(N_DECLINES, PAYMENT(FAILED), "PAYMENT_FAILED");
        test_sql(shop->dsn, "UPDATE orders SET created_at = now() + interval '1 hour'");
        shop->payments->outcome = PAYMENT(COMPLETED);
        ck_assert_ok(place(NULL));
}

TEST(a_decline_of_a_clock_that_goes_ahead_a_little_counts) {
        place_times(N_DECLINES, PAYMENT(FAILED), "PAYMENT_FAILED");
        test_sql(shop->dsn, "UPDATE orders SET created_at = now() + interval '50 s'");
        assert_refused("TOO_MANY_DECLINES", NULL);
}

TEST_OF(unlimited_tests, without_limits_any_number_goes) {
        place_times(N_UNPAID + 1, PAYMENT(PENDING), "PAYMENT_PENDING");
        place_times(N_DECLINES + 1, PAYMENT(FAILED), "PAYMENT_FAILED");
}

int main(void) {
        Suite *suite = suite_create("how a customer stands, on PostgreSQL");
        TCase *tests = tcase_create("limits");
        TCase *unlimited = tcase_create("no limits");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        tcase_add_checked_fixture(unlimited, without_limits, teardown);
        test_add_list(unlimited, unlimited_tests);
        suite_add_tcase(suite, unlimited);
        return test_main(suite);
}
