#include "service/mapping.h"

#include "base/str.h"

Payment payment_from_message(const PaymentV1ProcessPaymentRequest *request) {
        return (Payment) {
                .payment_id = request->payment_id,
                .order_id = request->order_id,
                .customer_id = request->customer_id,
                .amount_minor = request->amount_minor,
                .currency = request->currency,
                .method = request->method,
        };
}

static PaymentV1PaymentStatus status_to_message(PaymentStatus status) {
        switch (status) {
        case PAYMENT_PENDING:
                return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_PENDING;
        case PAYMENT_COMPLETED:
                return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_COMPLETED;
        case PAYMENT_FAILED:
                return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_FAILED;
        case PAYMENT_REQUIRES_ACTION:
                return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REQUIRES_ACTION;
        case PAYMENT_ON_DELIVERY:
                return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_ON_DELIVERY;
        case PAYMENT_REFUNDED:
                return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REFUNDED;
        }
        return PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_UNSPECIFIED;
}

/* NULL without a currency: a payment that was refunded before it was asked for has no amount. */
static CommonV1Money *money_to_message(Arena *arena, int64_t minor, const char *currency) {
        if (str_is_empty(currency))
                return NULL;
        CommonV1Money *message = common_v1_money_new(arena);
        message->minor = minor;
        message->currency = currency;
        return message;
}

PaymentV1Payment *payment_to_message(Arena *arena, const Payment *payment) {
        PaymentV1Payment *message = payment_v1_payment_new(arena);

        message->payment_id = str_or_empty(payment->payment_id);
        message->order_id = str_or_empty(payment->order_id);
        message->status = status_to_message(payment->status);
        message->amount = money_to_message(arena, payment->amount_minor, payment->currency);
        message->currency = str_or_empty(payment->currency);
        message->refunded = money_to_message(arena, payment->refunded_minor, payment->currency);
        message->method = str_or_empty(payment->method);
        message->transaction_id = str_or_empty(payment->transaction_id);
        message->last4 = str_or_empty(payment->last4);
        message->error = str_or_empty(payment->error);
        message->action_url = str_or_empty(payment->action_url);
        return message;
}
