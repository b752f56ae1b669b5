#include "fixture.h"
#include "base/memory.h"
#include "race.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new(1);
}

static int64_t count_refunds(void) {
        return test_sql_int64(f->dsn, "SELECT count(*) FROM sandbox_refunds");
}

TEST(gives_back_all_that_was_captured_once) {
        fixture_process(f, "PAY-1", "pm_1234567890");
        for (int i = 0; i < 2; i++) {
                const Payment *payment = fixture_refund(f, "PAY-1");

                ck_assert_int_eq(payment->status, PAYMENT_REFUNDED);
                ck_assert_int_eq(payment->refunded_minor, AMOUNT_MINOR);
                ck_assert_str_eq(payment->transaction_id, "txn_PAY-1");
        }
        ck_assert_int_eq(count_refunds(), 1);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), 0);
        ck_assert_str_eq(
                test_sql_text(f->dsn,
                              "SELECT status || ' ' || refunded_minor || ' ' || refund_reason FROM payments"),
                "REFUNDED 61379 test");
}

TEST(a_refunded_payment_is_not_taken_again) {
        fixture_process(f, "PAY-1", "pm_1234567890");
        fixture_refund(f, "PAY-1");
        ck_assert_int_eq(fixture_process(f, "PAY-1", "pm_1234567890")->status, PAYMENT_REFUNDED);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), 0);
}

TEST(a_refused_payment_stays_as_it_is) {
        fixture_process(f, "PAY-1", "pm_card_declined");
        ck_assert_str_eq(fixture_refund(f, "PAY-1")->error, "CARD_DECLINED");
        ck_assert_int_eq(count_refunds(), 0);
}

TEST(a_payment_that_waits_for_its_customer_is_void) {
        const Payment *payment;

        fixture_process(f, "PAY-1", "pm_3ds_required");
        payment = fixture_refund(f, "PAY-1");
        ck_assert_int_eq(payment->status, PAYMENT_FAILED);
        ck_assert_str_eq(payment->error, PAYMENT_VOIDED);
        ck_assert_ptr_null(payment->action_url);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT status || ' ' || error FROM sandbox_charges"),
                         "DECLINED VOIDED");
}

TEST(cash_on_delivery_is_void_without_asking_the_provider) {
        Payment cod = fixture_payment("PAY-1");
        const Payment *payment;

        cod.method = PAYMENT_METHOD_ON_DELIVERY;
        ck_assert_ok(payment_process(&f->payments, test_ctx(), &cod, "", &payment));
        ck_assert_str_eq(fixture_refund(f, "PAY-1")->error, PAYMENT_VOIDED);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM sandbox_charges"), 0);
}

/* As a process leaves it that died after the charge. */
static void forget_outcome(void) {
        test_sql(f->dsn, "UPDATE payments SET status = 'PENDING', transaction_id = NULL, last4 = NULL");
}

TEST(a_payment_in_doubt_that_was_captured_is_given_back) {
        fixture_process(f, "PAY-1", "pm_1234567890");
        forget_outcome();
        ck_assert_int_eq(fixture_refund(f, "PAY-1")->status, PAYMENT_REFUNDED);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), 0);
}

TEST(a_charge_that_comes_after_the_refund_takes_nothing) {
        Payment wanted = fixture_payment("PAY-1");
        Charge charge;

        test_sql(f->dsn, "INSERT INTO payments (payment_id, order_id, customer_id, amount_minor, currency,"
                         "                      method, status)"
                         " VALUES ('PAY-1', 'ORD-1', 'CUST-12345', 61379, 'USD', 'credit_card', 'PENDING')");
        ck_assert_str_eq(fixture_refund(f, "PAY-1")->error, PAYMENT_VOIDED);
        ck_assert_ok(f->payments.provider->charge(f->payments.provider, test_ctx(), &wanted, "pm_1234567890",
                                                  &charge));
        ck_assert_int_eq(charge.status, CHARGE_DECLINED);
        ck_assert_str_eq(charge.error, PAYMENT_VOIDED);
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), 0);
}

TEST(a_payment_that_is_asked_for_after_its_refund_takes_nothing) {
        const Payment *payment = fixture_refund(f, "PAY-1");

        ck_assert_int_eq(payment->status, PAYMENT_FAILED);
        payment = fixture_process(f, "PAY-1", "pm_1234567890");
        ck_assert_int_eq(payment->status, PAYMENT_FAILED);
        ck_assert_str_eq(payment->error, PAYMENT_VOIDED);
        ck_assert_str_eq(payment->order_id, "ORD-1");
        ck_assert_int_eq(fixture_kept(f, "PAY-1"), 0);
}

static void process_or_refund(Ctx *ctx, void *arg, size_t i) {
        Payment wanted = fixture_payment("PAY-1");
        const Payment *payment;

        if (i % 2 == 0)
                ck_assert_ok(payment_process(&f->payments, ctx, &wanted, arg, &payment));
        else
                ck_assert_ok(payment_refund(&f->payments, ctx, "PAY-1", "test", &payment));
}

TEST(taking_and_giving_back_at_once_keeps_nothing) {
        static const char *const tokens[] = { "pm_1234567890", "pm_timeout", "pm_3ds_required",
                                              "pm_card_declined" };

        for (size_t i = 0; i < ARRAY_SIZE(tokens); i++) {
                race_run(32, process_or_refund, (void *) tokens[i]);
                ck_assert_int_eq(fixture_kept(f, "PAY-1"), 0);
                ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM payments"
                                                        " WHERE status IN ('FAILED', 'REFUNDED')"),
                                 1);
                test_sql(f->dsn, "TRUNCATE payments, sandbox_charges, sandbox_refunds");
        }
}

/* A word of a newer version is an error, and never taken for another: least of all for REFUNDED. */
TEST(a_status_that_is_not_known_is_an_error) {
        const Payment *payment;

        fixture_process(f, "PAY-1", "pm_1234567890");
        test_sql(f->dsn, "ALTER DOMAIN payment_status DROP CONSTRAINT payment_status_check;"
                         "UPDATE payments SET status = 'CHARGED_BACK'");
        const Error *error = payment_get(&f->payments, test_ctx(), "PAY-1", &payment);
        ck_assert(error && !error->reason);
        ck_assert_str_eq(error->message,
                         "payments.status holds CHARGED_BACK, which this version does not know");
        error = payment_refund(&f->payments, test_ctx(), "PAY-1", "test", &payment);
        ck_assert(error && !error->reason);
}

TEST(a_word_of_the_provider_that_is_not_known_leaves_the_payment_in_doubt) {
        const Payment *payment;

        fixture_process(f, "PAY-1", "pm_1234567890");
        test_sql(f->dsn, "ALTER DOMAIN sandbox_status DROP CONSTRAINT sandbox_status_check;"
                         "UPDATE sandbox_charges SET status = 'DISPUTED'");
        ck_assert_reason(payment_refund(&f->payments, test_ctx(), "PAY-1", "test", &payment),
                         REASON_PAYMENT_IN_DOUBT);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT status FROM payments"), "COMPLETED");
}

#define N_PAIRS 300
#define PAIRS_AT_ONCE 30

/* Takes or gives back payment i / 2 of this round. */
static void process_or_refund_own(Ctx *ctx, void *arg, size_t i) {
        const char *payment_id = arena_printf(ctx->arena, "PAY-%zu-%zu", *(size_t *) arg, i / 2);
        Payment wanted = fixture_payment(payment_id);
        const Payment *payment;

        if (i % 2 == 0)
                ck_assert_ok(payment_process(&f->payments, ctx, &wanted, "pm_1234567890", &payment));
        else
                ck_assert_ok(payment_refund(&f->payments, ctx, payment_id, "test", &payment));
}

/* Many of them share transactions: each must hear of its own row only. */
TEST(of_many_taken_and_given_back_at_once_none_is_kept) {
        for (size_t round = 0; round < N_PAIRS / PAIRS_AT_ONCE; round++)
                race_run(2 * PAIRS_AT_ONCE, process_or_refund_own, &round);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM payments"), N_PAIRS);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM payments"
                                                " WHERE status NOT IN ('FAILED', 'REFUNDED')"),
                         0);
        ck_assert_int_eq(
                test_sql_int64(f->dsn, "SELECT count(*) FROM payments p"
                                       "  LEFT JOIN sandbox_charges c USING (payment_id)"
                                       "  LEFT JOIN sandbox_refunds r USING (payment_id)"
                                       " WHERE (coalesce(c.status, '') = 'CAPTURED')"
                                       "       <> (r.payment_id IS NOT NULL)"
                                       "    OR (p.status = 'REFUNDED') <> (r.payment_id IS NOT NULL)"),
                0);
}

int main(void) {
        Suite *suite = suite_create("payment/refund");
        TCase *tests = tcase_create("refund");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
