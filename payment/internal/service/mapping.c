#include "service/mapping.h"

#include "base/str.h"
#include "proto/values.h"

SAME_NUMBER(PAYMENT_PENDING, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_PENDING);
SAME_NUMBER(PAYMENT_COMPLETED, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_COMPLETED);
SAME_NUMBER(PAYMENT_FAILED, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_FAILED);
SAME_NUMBER(PAYMENT_REQUIRES_ACTION, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REQUIRES_ACTION);
SAME_NUMBER(PAYMENT_ON_DELIVERY, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_ON_DELIVERY);
SAME_NUMBER(PAYMENT_REFUNDED, PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REFUNDED);

Payment payment_from_message(const PaymentV1ProcessPaymentRequest *request) {
        return (Payment) {
                .payment_id = request->payment_id,
                .order_id = request->order_id,
                .customer_id = request->customer_id,
                .amount_minor = request->amount_minor,
                .currency = request->currency,
                .method = request->method,
                .status = PAYMENT_PENDING,
        };
}

PaymentV1Payment *payment_to_message(Arena *arena, const Payment *payment) {
        PaymentV1Payment *message = payment_v1_payment_new(arena);

        message->payment_id = str_or_empty(payment->payment_id);
        message->order_id = str_or_empty(payment->order_id);
        message->status = (PaymentV1PaymentStatus) payment->status;
        message->amount = proto_money_to_message(arena, payment->amount_minor, payment->currency);
        message->currency = str_or_empty(payment->currency);
        message->refunded = proto_money_to_message(arena, payment->refunded_minor, payment->currency);
        message->method = str_or_empty(payment->method);
        message->transaction_id = str_or_empty(payment->transaction_id);
        message->last4 = str_or_empty(payment->last4);
        message->error = str_or_empty(payment->error);
        message->action_url = str_or_empty(payment->action_url);
        return message;
}
