#include "fake.h"

#include "base/memory.h"

static const Error *process(const Payment **ret_payment) {
        Payment payment = wanted();

        return payment_process(&payments, test_ctx(), &payment, "pm_ok", ret_payment);
}

TEST(charges_a_new_payment_without_asking) {
        const Payment *payment;

        ck_assert_ok(process(&payment));
        ck_assert_int_eq(payment->status, PAYMENT_COMPLETED);
        ck_assert_str_eq(payment->transaction_id, "txn_1");
        ck_assert_uint_eq(provider.n_lookups, 0);
        ck_assert_uint_eq(provider.n_charges, 1);
        ck_assert_int_eq(repo.row.status, PAYMENT_COMPLETED);
}

TEST(asks_first_when_an_attempt_was_made_before) {
        const Payment *payment;

        leave_row(PAYMENT_PENDING);
        provider.known = provider.outcome;
        ck_assert_ok(process(&payment));
        ck_assert_int_eq(payment->status, PAYMENT_COMPLETED);
        ck_assert_uint_eq(provider.n_charges, 0);
}

TEST(charges_an_earlier_attempt_that_the_provider_never_saw) {
        const Payment *payment;

        leave_row(PAYMENT_PENDING);
        ck_assert_ok(process(&payment));
        ck_assert_uint_eq(provider.n_lookups, 1);
        ck_assert_uint_eq(provider.n_charges, 1);
}

TEST(finds_out_by_asking_when_the_answer_is_lost) {
        const Payment *payment;

        provider.n_lost = 1;
        ck_assert_ok(process(&payment));
        ck_assert_int_eq(payment->status, PAYMENT_COMPLETED);
        ck_assert_uint_eq(provider.n_charges, 1);
}

TEST(charges_again_what_never_arrived) {
        const Payment *payment;

        provider.n_refused = 1;
        ck_assert_ok(process(&payment));
        ck_assert_uint_eq(provider.n_charges, 1);
        ck_assert_int_eq(payment->status, PAYMENT_COMPLETED);
}

TEST(stays_in_doubt_when_nobody_answers) {
        const Payment *payment = NULL;

        provider.n_lost = 1;
        provider.n_silent = 100;
        const Error *error = ck_assert_reason(process(&payment), REASON_PAYMENT_IN_DOUBT);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_int_eq(error->retry_after_ms, PAYMENT_RETRY_AFTER_MS);
        ck_assert_int_eq(repo.row.status, PAYMENT_PENDING);
        ck_assert_uint_eq(provider.n_charges, 1);
        ck_assert_ptr_null(payment);
}

TEST(a_finished_payment_is_answered_without_the_provider) {
        static const PaymentStatus finished[] = { PAYMENT_COMPLETED, PAYMENT_FAILED, PAYMENT_REQUIRES_ACTION,
                                                  PAYMENT_ON_DELIVERY, PAYMENT_REFUNDED };
        const Payment *payment;

        for (size_t i = 0; i < ARRAY_SIZE(finished); i++) {
                leave_row(finished[i]);
                ck_assert_ok(process(&payment));
                ck_assert_int_eq(payment->status, finished[i]);
        }
        ck_assert_uint_eq(provider.n_charges + provider.n_lookups, 0);
}

TEST(what_differs_from_the_first_request_is_another_payment) {
        const Payment *payment;

        for (int i = 0; i < 5; i++) {
                leave_row(PAYMENT_PENDING);
                repo.row.order_id = i == 0 ? "ORD-2" : repo.row.order_id;
                repo.row.customer_id = i == 1 ? "CUST-2" : repo.row.customer_id;
                repo.row.currency = i == 2 ? "EUR" : repo.row.currency;
                repo.row.method = i == 3 ? PAYMENT_METHOD_WALLET : repo.row.method;
                repo.row.amount_minor = i == 4 ? 101 : repo.row.amount_minor;
                ck_assert_reason(process(&payment), REASON_PAYMENT_MISMATCH);
        }
        ck_assert_uint_eq(provider.n_charges + provider.n_lookups, 0);
}

TEST(a_card_payment_needs_a_token) {
        Payment payment = wanted();
        const Payment *processed;
        const Error *error = ck_assert_reason(
                payment_process(&payments, test_ctx(), &payment, "", &processed), REASON_INVALID_REQUEST);

        ck_assert_str_eq(error->violations[0].field, "token");
        ck_assert(!repo.has_row);
}

/* Refunds the payment between its charge and its outcome. */
static const Error *charge_then_refund(PaymentProvider *self, Ctx *ctx, const Payment *payment,
                                       const char *token, Charge *ret_charge) {
        ck_assert_ok(fake_charge(self, ctx, payment, token, ret_charge));
        repo.row.status = PAYMENT_REFUNDED;
        return NULL;
}

TEST(what_somebody_else_settled_meanwhile_stands) {
        const Payment *payment;

        provider.base.charge = charge_then_refund;
        ck_assert_ok(process(&payment));
        ck_assert_int_eq(payment->status, PAYMENT_REFUNDED);
}

int main(void) {
        Suite *suite = suite_create("payment/process");
        TCase *tests = tcase_create("process");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
