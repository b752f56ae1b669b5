#include <stdatomic.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "fixture.h"
#include "race.h"

#define N_RACERS 32

static Fixture *f;

static void set_up(void) {
        f = fixture_new(1);
}

static int64_t count_charges(void) {
        return test_sql_int64(f->dsn, "SELECT count(*) FROM sandbox_charges");
}

TEST(a_captured_payment_is_completed) {
        const Payment *payment = fixture_process(f, "PAY-1", "pm_1234567890");

        ck_assert_int_eq(payment->status, PAYMENT_COMPLETED);
        ck_assert_str_eq(payment->transaction_id, "txn_PAY-1");
        ck_assert_str_eq(payment->last4, "4242");
        ck_assert_str_eq(
                test_sql_text(f->dsn,
                              "SELECT status || ' ' || amount_minor || ' ' || transaction_id || ' ' || last4"
                              "  FROM payments WHERE payment_id = 'PAY-1'"),
                "COMPLETED 61379 txn_PAY-1 4242");
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), AMOUNT_MINOR);
}

TEST(asking_again_gives_the_same_answer) {
        const Payment *first = fixture_process(f, "PAY-1", "pm_ok_anything");
        const Payment *second = fixture_process(f, "PAY-1", "pm_ok_anything");

        ck_assert_int_eq(second->status, PAYMENT_COMPLETED);
        ck_assert_str_eq(first->transaction_id, second->transaction_id);
        ck_assert_int_eq(second->amount_minor, AMOUNT_MINOR);
        ck_assert_int_eq(count_charges(), 1);
}

TEST(a_refused_payment_failed_and_says_why) {
        static const struct {
                const char *token;
                const char *error;
        } refused[] = {
                { "pm_card_declined", "CARD_DECLINED" },
                { "pm_insufficient_funds", "INSUFFICIENT_FUNDS" },
                { "pm_expired_card", "EXPIRED_CARD" },
                { "pm_nobody_knows", "UNKNOWN_TOKEN" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
                const Payment *payment = fixture_process(f, refused[i].token, refused[i].token);

                ck_assert_int_eq(payment->status, PAYMENT_FAILED);
                ck_assert_str_eq(payment->error, refused[i].error);
                ck_assert_int_eq(fixture_kept(f, refused[i].token), 0);
        }
}

TEST(three_ds_and_online_payments_wait_for_the_customer) {
        Payment online = fixture_payment("PAY-2");
        const Payment *payment = fixture_process(f, "PAY-1", "pm_3ds_required");

        ck_assert_int_eq(payment->status, PAYMENT_REQUIRES_ACTION);
        ck_assert_ptr_nonnull(strstr(payment->action_url, "PAY-1"));
        online.method = "online";
        ck_assert_ok(payment_process(&f->payments, test_ctx(), &online, "", &payment));
        ck_assert_int_eq(payment->status, PAYMENT_REQUIRES_ACTION);
        ck_assert_ptr_nonnull(payment->action_url);
}

TEST(cash_on_delivery_never_reaches_the_provider) {
        Payment cod = fixture_payment("PAY-1");
        const Payment *payment;

        cod.method = PAYMENT_METHOD_ON_DELIVERY;
        ck_assert_ok(payment_process(&f->payments, test_ctx(), &cod, "", &payment));
        ck_assert_int_eq(payment->status, PAYMENT_ON_DELIVERY);
        ck_assert_int_eq(count_charges(), 0);
}

TEST(a_lost_answer_is_found_by_asking) {
        ck_assert_int_eq(fixture_process(f, "PAY-1", "pm_timeout")->status, PAYMENT_COMPLETED);
        ck_assert_str_eq(fixture_process(f, "PAY-2", "pm_timeout_declined")->error, "CARD_DECLINED");
        ck_assert_int_eq(count_charges(), 2);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), AMOUNT_MINOR);
        ck_assert_int_eq(fixture_kept(f, "PAY-2"), 0);
}

TEST(a_payment_whose_answer_does_not_come_in_time_stays_pending_and_is_found_later) {
        Fixture *slow = fixture_new(60000);
        Payment wanted = fixture_payment("PAY-1");
        const Payment *payment = NULL;
        Ctx *ctx = test_ctx();

        ctx_limit(ctx, 2000);
        const Error *error =
                ck_assert_reason(payment_process(&slow->payments, ctx, &wanted, "pm_timeout", &payment),
                                 REASON_PAYMENT_IN_DOUBT);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_int_eq(error->retry_after_ms, PAYMENT_RETRY_AFTER_MS);
        ck_assert_ptr_null(payment);
        ck_assert_str_eq(test_sql_text(slow->dsn, "SELECT status FROM payments"), "PENDING");
        ck_assert_int_eq(fixture_process(slow, "PAY-1", "pm_timeout")->status, PAYMENT_COMPLETED);
        ck_assert_int_eq(fixture_kept(slow, "PAY-1"), AMOUNT_MINOR);
}

TEST(one_attempt_ends_with_its_own_time_limit) {
        Fixture *slow = fixture_new(60000);
        Payment wanted = fixture_payment("PAY-1");
        const Payment *payment;
        int64_t start_us = clock_monotonic_us();

        slow->payments.timeout_ms = 2000;
        ck_assert_reason(payment_process(&slow->payments, test_ctx(), &wanted, "pm_timeout", &payment),
                         REASON_PAYMENT_IN_DOUBT);
        ck_assert_int_lt(clock_monotonic_us() - start_us, TEST_WAIT_MS * 1000);
}

TEST(an_attempt_that_died_before_the_charge_is_charged_now) {
        test_sql(f->dsn, "INSERT INTO payments (payment_id, order_id, customer_id, amount_minor, currency,"
                         "                      method, status)"
                         " VALUES ('PAY-1', 'ORD-1', 'CUST-12345', 61379, 'USD', 'credit_card', 'PENDING')");
        ck_assert_int_eq(fixture_process(f, "PAY-1", "pm_1234567890")->status, PAYMENT_COMPLETED);
        ck_assert_int_eq(count_charges(), 1);
}

TEST(a_payment_id_is_for_one_order_and_amount) {
        Payment other = fixture_payment("PAY-1");
        const Payment *payment;

        fixture_process(f, "PAY-1", "pm_1234567890");
        other.amount_minor++;
        ck_assert_reason(payment_process(&f->payments, test_ctx(), &other, "pm_1234567890", &payment),
                         REASON_PAYMENT_MISMATCH);
        other = fixture_payment("PAY-1");
        other.order_id = "ORD-2";
        ck_assert_reason(payment_process(&f->payments, test_ctx(), &other, "pm_1234567890", &payment),
                         REASON_PAYMENT_MISMATCH);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), AMOUNT_MINOR);
}

TEST(a_card_number_is_refused_and_kept_nowhere) {
        Payment wanted = fixture_payment("PAY-1");
        const Payment *payment;
        const Error *error = ck_assert_reason(
                payment_process(&f->payments, test_ctx(), &wanted, "4242 4242 4242 4242", &payment),
                REASON_INVALID_REQUEST);

        ck_assert_str_eq(error->violations[0].field, "token");
        ck_assert_ptr_null(strstr(error->violations[0].description, "4242"));
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM payments"), 0);
}

static void process(Ctx *ctx, void *arg, size_t i) {
        Payment wanted = fixture_payment("PAY-1");
        const Payment *payment;

        (void) i;
        ck_assert_ok(payment_process(&f->payments, ctx, &wanted, arg, &payment));
        ck_assert_int_eq(payment->status, PAYMENT_COMPLETED);
}

TEST(thirty_two_at_once_make_one_charge) {
        race_run(N_RACERS, process, (void *) "pm_1234567890");
        ck_assert_int_eq(count_charges(), 1);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), AMOUNT_MINOR);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT status FROM payments"), "COMPLETED");
}

TEST(thirty_two_at_once_make_one_charge_though_answers_are_lost) {
        race_run(N_RACERS, process, (void *) "pm_timeout");
        ck_assert_int_eq(count_charges(), 1);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), AMOUNT_MINOR);
}

TEST(an_unknown_payment_is_not_found) {
        const Payment *payment;

        ck_assert_reason(payment_get(&f->payments, test_ctx(), "PAY-NONE", &payment),
                         REASON_PAYMENT_NOT_FOUND);
}

int main(void) {
        Suite *suite = suite_create("payment/process");
        TCase *tests = tcase_create("process");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
