#include "service/payment_service.h"

#include "service/mapping.h"

typedef struct PaymentHandlers {
        PaymentService base;
        PaymentUsecase *payments;
} PaymentHandlers;

static PaymentUsecase *payments_of(PaymentService *self) {
        return ((PaymentHandlers *) self)->payments;
}

static const Error *handle_validate_payment(PaymentService *self, Ctx *ctx,
                                            const PaymentV1ValidatePaymentRequest *request,
                                            PaymentV1ValidatePaymentResponse *response) {
        const char *problem;

        TRY(payment_validate(payments_of(self), ctx, request->method, request->token, &problem));
        response->valid = problem == NULL;
        response->error = str_or_empty(problem);
        return NULL;
}

static const Error *handle_process_payment(PaymentService *self, Ctx *ctx,
                                           const PaymentV1ProcessPaymentRequest *request,
                                           PaymentV1ProcessPaymentResponse *response) {
        Payment wanted = payment_from_message(request);
        const Payment *payment;

        ctx_about(ctx, "order", request->order_id);
        TRY(payment_process(payments_of(self), ctx, &wanted, request->token, &payment));
        response->payment = payment_to_message(ctx->arena, payment);
        return NULL;
}

static const Error *handle_refund_payment(PaymentService *self, Ctx *ctx,
                                          const PaymentV1RefundPaymentRequest *request,
                                          PaymentV1RefundPaymentResponse *response) {
        const Payment *payment;

        TRY(payment_refund(payments_of(self), ctx, request->payment_id, request->reason, &payment));
        ctx_about(ctx, "order", payment->order_id);
        response->payment = payment_to_message(ctx->arena, payment);
        return NULL;
}

static const Error *handle_get_payment(PaymentService *self, Ctx *ctx,
                                       const PaymentV1GetPaymentRequest *request,
                                       PaymentV1GetPaymentResponse *response) {
        const Payment *payment;

        TRY(payment_get(payments_of(self), ctx, request->payment_id, &payment));
        ctx_about(ctx, "order", payment->order_id);
        response->payment = payment_to_message(ctx->arena, payment);
        return NULL;
}

PaymentService *payment_service_new(Arena *arena, PaymentUsecase *payments) {
        PaymentHandlers *handlers = ARENA_NEW(arena, PaymentHandlers);

        *handlers = (PaymentHandlers) { .base = PAYMENT_SERVICE_IMPL(handle), .payments = payments };
        return &handlers->base;
}
