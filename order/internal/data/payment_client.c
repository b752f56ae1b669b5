#include "data/payment_client.h"

#include "base/callee.h"

typedef struct PaymentClient {
        Payments base;
        PaymentService *payments;
        CalleeMethod *validate, *process; /* what gives money back is never refused */
} PaymentClient;

/* True when the payment service understood the request and will never do it. */
static bool is_refusal(const Error *error) {
        return error && (error->code == ERROR_INVALID_ARGUMENT || error->code == ERROR_FAILED_PRECONDITION);
}

static const char *problem_of(const Error *refusal) {
        return refusal->n_violations > 0 ? refusal->violations[0].description : refusal->message;
}

static const Error *validate(Payments *self, Ctx *ctx, const OrderPayment *payment,
                             const char **ret_problem) {
        PaymentService *payments = ((PaymentClient *) self)->payments;
        PaymentV1ValidatePaymentRequest *request = payment_v1_validate_payment_request_new(ctx->arena);
        PaymentV1ValidatePaymentResponse *response = payment_v1_validate_payment_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, PAYMENT_TIMEOUT_MS);
        CalleeCall calling;

        request->method = payment->method;
        request->token = payment->token;
        TRY(callee_begin(((PaymentClient *) self)->validate, ctx, &calling));
        const Error *error = payments->validate_payment(payments, &call, request, response);
        callee_end(&calling, error);
        if (is_refusal(error)) {
                *ret_problem = problem_of(error);
                return NULL;
        }
        TRY(error);
        *ret_problem = response->valid ? NULL : response->error;
        return NULL;
}

static PaymentOutcome outcome_of(PaymentV1PaymentStatus status) {
        switch (status) {
        case PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_COMPLETED:
                return OUTCOME_TAKEN;
        case PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_ON_DELIVERY:
                return OUTCOME_ON_DELIVERY;
        case PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_FAILED:
                return OUTCOME_DECLINED;
        case PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REQUIRES_ACTION:
                return OUTCOME_NEEDS_CUSTOMER;
        case PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REFUNDED:
                return OUTCOME_GIVEN_BACK;
        default:
                return OUTCOME_UNCLEAR;
        }
}

static const Error *read_payment(Ctx *ctx, const Order *order, const PaymentV1Payment *payment,
                                 PaymentResult *ret_result) {
        if (!payment)
                return error_internal(ctx->arena, NULL, "The payment service answered without a payment");
        if (payment->refunded && !str_equal(payment->refunded->currency, order->pricing.currency))
                return error_internal(ctx->arena, NULL, "Payment %s was refunded in %s, and not in %s",
                                      order->payment.id, payment->refunded->currency,
                                      order->pricing.currency);
        *ret_result = (PaymentResult) {
                .outcome = outcome_of(payment->status),
                .transaction_id = str_or_null(payment->transaction_id),
                .last4 = str_or_null(payment->last4),
                .error = str_or_null(payment->error),
                .action_url = str_or_null(payment->action_url),
                .refunded_minor = payment->refunded ? payment->refunded->minor : 0,
        };
        return NULL;
}

static const Error *process(Payments *self, Ctx *ctx, const Order *order, PaymentResult *ret_result) {
        PaymentService *payments = ((PaymentClient *) self)->payments;
        PaymentV1ProcessPaymentRequest *request = payment_v1_process_payment_request_new(ctx->arena);
        PaymentV1ProcessPaymentResponse *response = payment_v1_process_payment_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, PAYMENT_TIMEOUT_MS);
        CalleeCall calling;

        request->payment_id = order->payment.id;
        request->order_id = order->id;
        request->customer_id = order->customer_id;
        request->amount_minor = order->pricing.total_minor;
        request->currency = order->pricing.currency;
        request->method = order->payment.method;
        request->token = order->payment.token;
        TRY(callee_begin(((PaymentClient *) self)->process, ctx, &calling));
        const Error *error = payments->process_payment(payments, &call, request, response);
        callee_end(&calling, error);
        if (is_refusal(error)) {
                *ret_result = (PaymentResult) { .outcome = OUTCOME_REFUSED, .error = error->reason };
                return NULL;
        }
        TRY(error);
        return read_payment(ctx, order, response->payment, ret_result);
}

static const Error *refund(Payments *self, Ctx *ctx, const Order *order, const char *reason,
                           PaymentResult *ret_result) {
        PaymentService *payments = ((PaymentClient *) self)->payments;
        PaymentV1RefundPaymentRequest *request = payment_v1_refund_payment_request_new(ctx->arena);
        PaymentV1RefundPaymentResponse *response = payment_v1_refund_payment_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, PAYMENT_TIMEOUT_MS);

        request->payment_id = order->payment.id;
        request->reason = reason;
        TRY(payments->refund_payment(payments, &call, request, response));
        return read_payment(ctx, order, response->payment, ret_result);
}

Payments *order_payment_client_new(Arena *arena, PaymentService *payments) {
        PaymentClient *client = ARENA_NEW(arena, PaymentClient);
        Callee *callee = callee_new(arena, "payment");

        *client = (PaymentClient) {
                .base = { .validate = validate, .process = process, .refund = refund },
                .payments = payments,
                .validate = callee_method_new(arena, callee, "ValidatePayment"),
                .process = callee_method_new(arena, callee, "ProcessPayment"),
        };
        return &client->base;
}
