#include "biz/payment/payment.h"

const Error *payment_get(PaymentUsecase *usecase, Ctx *ctx, const char *payment_id,
                         const Payment **ret_payment) {
        const Payment *payment;

        TRY(usecase->repo->find(usecase->repo, ctx, payment_id, &payment));
        if (!payment)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_PAYMENT_NOT_FOUND,
                                 "There is no payment %s", payment_id);
        *ret_payment = payment;
        return NULL;
}

const Error *payment_in_doubt(Ctx *ctx, const char *payment_id, const Error *cause) {
        Error *error = error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_PAYMENT_IN_DOUBT, cause,
                                  "It is not known yet what became of payment %s", payment_id);

        error->retry_after_ms = PAYMENT_RETRY_AFTER_MS;
        return error;
}
