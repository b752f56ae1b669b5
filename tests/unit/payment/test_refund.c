#include "fake.h"

#include "base/memory.h"

static const Payment *refund(void) {
        const Payment *payment;

        ck_assert_ok(payment_refund(&payments, test_ctx(), "PAY-1", "cancelled", &payment));
        return payment;
}

TEST(gives_back_what_was_captured) {
        leave_row(PAYMENT_COMPLETED);
        provider.known = provider.outcome;
        const Payment *payment = refund();
        ck_assert_int_eq(payment->status, PAYMENT_REFUNDED);
        ck_assert_int_eq(payment->refunded_minor, 100);
        ck_assert_str_eq(payment->refund_reason, "cancelled");
        ck_assert_int_eq(repo.row.status, PAYMENT_REFUNDED);
}

TEST(does_nothing_about_what_is_over) {
        leave_row(PAYMENT_REFUNDED);
        ck_assert_int_eq(refund()->status, PAYMENT_REFUNDED);
        leave_row(PAYMENT_FAILED);
        ck_assert_int_eq(refund()->status, PAYMENT_FAILED);
        ck_assert_uint_eq(provider.n_refunds + repo.n_saves, 0);
}

TEST(voids_what_was_not_captured) {
        static const PaymentStatus open[] = { PAYMENT_PENDING, PAYMENT_REQUIRES_ACTION, PAYMENT_ON_DELIVERY };

        for (size_t i = 0; i < ARRAY_SIZE(open); i++) {
                leave_row(open[i]);
                ck_assert_str_eq(refund()->error, PAYMENT_VOIDED);
                ck_assert_int_eq(repo.row.status, PAYMENT_FAILED);
                ck_assert_int_eq(repo.row.refunded_minor, 0);
        }
        ck_assert_uint_eq(provider.n_refunds, 2);
}

TEST(stays_as_it_is_while_the_provider_is_silent) {
        const Payment *payment;

        leave_row(PAYMENT_COMPLETED);
        provider.n_silent = 1;
        ck_assert_reason(payment_refund(&payments, test_ctx(), "PAY-1", "", &payment),
                         REASON_PAYMENT_IN_DOUBT);
        ck_assert_int_eq(repo.row.status, PAYMENT_COMPLETED);
}

TEST(closes_an_id_that_was_never_asked_for) {
        Payment late = wanted();
        const Payment *payment = refund();

        ck_assert_int_eq(payment->status, PAYMENT_FAILED);
        ck_assert_str_eq(payment->error, PAYMENT_VOIDED);
        ck_assert_ok(payment_process(&payments, test_ctx(), &late, "pm_ok", &payment));
        ck_assert_int_eq(payment->status, PAYMENT_FAILED);
        ck_assert_str_eq(payment->order_id, "ORD-1");
        ck_assert_uint_eq(provider.n_charges, 0);
}

/* The charge ends while its refund is under way. */
static const Error *refund_while_completing(PaymentProvider *self, Ctx *ctx, const Payment *payment,
                                            Charge *ret_charge) {
        repo.row.status = PAYMENT_COMPLETED;
        return fake_refund(self, ctx, payment, ret_charge);
}

TEST(tries_again_when_the_payment_moved_meanwhile) {
        leave_row(PAYMENT_PENDING);
        provider.known = provider.outcome;
        provider.base.refund = refund_while_completing;
        ck_assert_int_eq(refund()->status, PAYMENT_REFUNDED);
        ck_assert_uint_eq(repo.n_saves, 2);
}

int main(void) {
        Suite *suite = suite_create("payment/refund");
        TCase *tests = tcase_create("refund");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
