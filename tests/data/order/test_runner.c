#include "server/saga_runner.h"
#include "shop.h"

static Shop *shop;

static void setup(void) {
        shop = shop_open(false);
}

static void teardown(void) {
        shop_close(shop);
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

static void open_for_business(void) {
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
}

TEST(a_hold_that_cannot_be_confirmed_is_noted_until_it_is) {
        const Error *error;

        shop->warehouse->cannot_confirm = true;
        open_for_business();
        shop_place(shop, NULL, &error);
        ck_assert_ok(error);
        shop_wait(shop, "SELECT (metadata->'reservation_confirmation_errors'->>0) FROM orders", "away");
        ck_assert_str_eq(SQL("SELECT status FROM orders"), "CONFIRMED");
        shop->warehouse->cannot_confirm = false;
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "0");
}

/* An order is confirmed while the warehouse cannot confirm holds, which lets a test lose the hold. */
static void place_before_the_hold_is_confirmed(void) {
        const Error *error;

        shop->warehouse->cannot_confirm = true;
        open_for_business();
        shop_place(shop, "a-key-of-16-chars", &error);
        ck_assert_ok(error);
        shop_wait(shop, "SELECT status FROM orders", "CONFIRMED");
}

TEST(an_order_whose_hold_was_given_back_fails_gives_the_money_back_and_says_why) {
        place_before_the_hold_is_confirmed();
        warehouse_lose(shop->warehouse, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_EXPIRED);
        shop->warehouse->cannot_confirm = false;
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT status || payment_status || (refund_minor = total_minor) FROM orders"),
                         "FAILEDrefundedtrue");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
        ck_assert_str_eq(SQL("SELECT string_agg(event_type, ' ' ORDER BY aggregate_version) FROM outbox"),
                         "order.created order.confirmed order.failed");
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox JOIN orders ON aggregate_id = order_id"
                             "  JOIN order_history USING (order_id) JOIN order_manual_reviews r"
                             " USING (order_id)"
                             " WHERE order_history.version = aggregate_version AND to_status = 'FAILED'"
                             "   AND cancel_reason = r.reason AND order_history.reason = r.reason"
                             "   AND payload::json->'data'->>'reason' = r.reason"
                             "   AND r.reason LIKE 'Confirmed, but its stock is gone: %%'"),
                         "1");
}

TEST(an_order_whose_hold_was_given_back_stays_when_it_was_shipped_and_a_person_hears_of_it) {
        shop->shipping->is_shipped = true;
        place_before_the_hold_is_confirmed();
        warehouse_lose(shop->warehouse, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_EXPIRED);
        shop->warehouse->cannot_confirm = false;
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT status || payment_status || metadata::text FROM orders"),
                         "CONFIRMEDpaid{}");
        ck_assert_int_gt(payment_book_kept_minor(shop->payments), 0);
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"
                             " WHERE reason LIKE 'Confirmed, but its stock is gone: %%'"), "1");
}

TEST(an_order_whose_hold_does_not_exist_any_more_is_held_again_and_sold) {
        place_before_the_hold_is_confirmed();
        warehouse_lose(shop->warehouse, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_UNSPECIFIED);
        shop->warehouse->cannot_confirm = false;
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT status FROM orders"), "CONFIRMED");
        ck_assert_uint_eq(warehouse_count(shop->warehouse,
                                          WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_CONFIRMED),
                          1);
        ck_assert_int_gt(payment_book_kept_minor(shop->payments), 0);
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "0");
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
}

/* The first request was captured and its answer lost; the second is refused: the money still goes back. */
TEST(a_payment_whose_second_request_is_refused_is_given_back) {
        const Error *error;

        shop->payments->answers_get_lost = true;
        shop_place(shop, NULL, &error);
        ck_assert_reason(error, "PAYMENT_PENDING");
        ck_assert_int_gt(payment_book_kept_minor(shop->payments), 0);
        shop->payments->refuses = true;
        open_for_business();
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT status || payment_status || payment_error FROM orders"),
                         "PAYMENT_FAILEDrefundedPAYMENT_MISMATCH");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
        ck_assert_uint_eq(warehouse_count(shop->warehouse,
                                          WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED),
                          1);
}

/* More than all threads take at a time, if they all took what is stuck. */
#define N_STUCK (2 * SAGA_RESUME_THREADS * SAGA_RESUME_BATCH + 4)

static const char *cancel_while_the_warehouse_is_away(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, NULL, &error);

        ck_assert_ok(error);
        shop->warehouse->is_away = true;
        ck_assert_ok(shop_cancel(shop, order->order_id, NULL));
        shop->warehouse->is_away = false;
        return order->order_id;
}

static void assert_given_back(const char *cancelled) {
        SQL("UPDATE order_sagas SET due_at = now() WHERE order_id = '%s' RETURNING 1", cancelled);
        shop_wait(shop,
                  arena_printf(test_ctx()->arena, "SELECT step FROM order_sagas WHERE order_id = '%s'",
                               cancelled),
                  "DONE");
        ck_assert_int_eq(warehouse_status(shop->warehouse, cancelled),
                         WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED);
}

static bool payments_are_stuck(void *unused) {
        (void) unused;
        return shop->payments->n_process_calls >= SAGA_RESUME_THREADS;
}

TEST(what_is_to_be_given_back_does_not_wait_for_a_provider_that_never_answers) {
        const Error *error;
        const char *cancelled = cancel_while_the_warehouse_is_away();

        SQL("UPDATE order_sagas SET due_at = NULL WHERE order_id = '%s' RETURNING 1", cancelled);
        shop->payments->is_away = true;
        for (int i = 0; i < N_STUCK; i++) {
                shop_place(shop, NULL, &error);
                ck_assert_reason(error, "PAYMENT_PENDING");
        }
        test_sql(shop->dsn, "UPDATE order_sagas SET due_at = now() WHERE step = 'PAYMENT'");
        shop->payments->is_away = false;
        shop->payments->never_answers = true;
        shop->payments->n_process_calls = 0;
        open_for_business();
        test_wait_until(payments_are_stuck, NULL, TEST_WAIT_MS, "every thread that pays waits");
        assert_given_back(cancelled);
        ck_assert(shop->payments->never_answers);
        shop->payments->never_answers = false;
}

static bool shipping_is_stuck(void *unused) {
        (void) unused;
        return shop->shipping->n_cancel_calls >= SAGA_RESUME_THREADS;
}

TEST(what_is_to_be_given_back_does_not_wait_for_a_shipping_that_never_answers) {
        const Error *error;
        const char *cancelled = cancel_while_the_warehouse_is_away();

        SQL("UPDATE order_sagas SET due_at = NULL WHERE order_id = '%s' RETURNING 1", cancelled);
        for (int i = 0; i < N_STUCK; i++) {
                shop_place(shop, NULL, &error);
                ck_assert_ok(error);
        }
        test_sql(shop->dsn, "UPDATE order_sagas SET step = 'CANCEL', back_to = 'SETTLE', due_at = now()"
                            " WHERE step = 'SETTLE'");
        shop->shipping->never_answers = true;
        shop->shipping->n_cancel_calls = 0;
        open_for_business();
        test_wait_until(shipping_is_stuck, NULL, TEST_WAIT_MS, "every thread that cancels waits");
        assert_given_back(cancelled);
        ck_assert(shop->shipping->never_answers);
        shop->shipping->never_answers = false;
}

TEST(an_order_whose_stock_is_gone_holds_up_no_other_while_shipping_does_not_answer) {
        const Error *error;

        shop_place(shop, NULL, &error);
        ck_assert_ok(error);
        warehouse_lose(shop->warehouse, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_EXPIRED);
        const OrderV1Order *other = shop_place(shop, NULL, &error);
        ck_assert_ok(error);
        shop->shipping->never_answers = true;
        open_for_business();
        shop_wait(shop,
                  arena_printf(test_ctx()->arena, "SELECT step FROM order_sagas WHERE order_id = '%s'",
                               other->order_id),
                  "DONE");
        ck_assert(shop->shipping->never_answers);
        shop->shipping->never_answers = false;
        shop_wait(shop, "SELECT string_agg(status, ' ' ORDER BY created_at) FROM orders", "FAILED CONFIRMED");
}

int main(void) {
        Suite *suite = suite_create("what the order service does unasked");
        TCase *tests = tcase_create("runner");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
