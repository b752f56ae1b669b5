#include "service/mapping.h"
#include "support.h"

TEST(a_request_is_read_whole) {
        PaymentV1ProcessPaymentRequest *request = payment_v1_process_payment_request_new(test_ctx()->arena);

        request->payment_id = "PAY-1";
        request->order_id = "ORD-1";
        request->customer_id = "CUST-1";
        request->amount_minor = 61379;
        request->currency = "USD";
        request->method = "credit_card";
        Payment payment = payment_from_message(request);
        ck_assert_str_eq(payment.payment_id, "PAY-1");
        ck_assert_str_eq(payment.order_id, "ORD-1");
        ck_assert_str_eq(payment.customer_id, "CUST-1");
        ck_assert_int_eq(payment.amount_minor, 61379);
        ck_assert_str_eq(payment.currency, "USD");
        ck_assert_str_eq(payment.method, "credit_card");
}

TEST(a_payment_is_shown_whole) {
        Payment payment = {
                .payment_id = "PAY-1",
                .order_id = "ORD-1",
                .amount_minor = 61379,
                .refunded_minor = 61379,
                .currency = "USD",
                .method = "credit_card",
                .status = PAYMENT_REFUNDED,
                .transaction_id = "txn_1",
                .last4 = "4242",
                .error = "VOIDED",
                .action_url = "https://example",
        };
        PaymentV1Payment *message = payment_to_message(test_ctx()->arena, &payment);

        ck_assert_str_eq(message->payment_id, "PAY-1");
        ck_assert_str_eq(message->order_id, "ORD-1");
        ck_assert_int_eq(message->amount->minor, 61379);
        ck_assert_str_eq(message->amount->currency, "USD");
        ck_assert_str_eq(message->currency, "USD");
        ck_assert_int_eq(message->refunded->minor, 61379);
        ck_assert_str_eq(message->method, "credit_card");
        ck_assert_int_eq(message->status, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REFUNDED);
        ck_assert_str_eq(message->transaction_id, "txn_1");
        ck_assert_str_eq(message->last4, "4242");
        ck_assert_str_eq(message->error, "VOIDED");
        ck_assert_str_eq(message->action_url, "https://example");
}

TEST(what_does_not_apply_is_empty) {
        Payment payment = { .payment_id = "PAY-1", .order_id = "", .currency = "", .method = "" };
        PaymentV1Payment *message = payment_to_message(test_ctx()->arena, &payment);

        ck_assert_str_eq(message->transaction_id, "");
        ck_assert_str_eq(message->last4, "");
        ck_assert_str_eq(message->error, "");
        ck_assert_str_eq(message->action_url, "");
        ck_assert_str_eq(message->currency, "");
        ck_assert_ptr_null(message->amount);
        ck_assert_ptr_null(message->refunded);
}

TEST(every_status_has_its_own) {
        static const PaymentV1PaymentStatus shown[] = {
                [PAYMENT_PENDING] = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_PENDING,
                [PAYMENT_COMPLETED] = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_COMPLETED,
                [PAYMENT_FAILED] = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_FAILED,
                [PAYMENT_REQUIRES_ACTION] = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REQUIRES_ACTION,
                [PAYMENT_ON_DELIVERY] = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_ON_DELIVERY,
                [PAYMENT_REFUNDED] = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REFUNDED,
        };

        for (PaymentStatus status = PAYMENT_PENDING; status <= PAYMENT_REFUNDED; status++) {
                Payment payment = { .payment_id = "PAY-1", .status = status };

                ck_assert_int_eq(payment_to_message(test_ctx()->arena, &payment)->status, shown[status]);
        }
}

int main(void) {
        Suite *suite = suite_create("payment/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
