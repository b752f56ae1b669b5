#include "base/fault.h"
#include "biz/payment/payment.h"
#include "biz/payment/provider.h"

/*
 * Closes an id that nobody has asked to pay yet, so that a request that is still on its way finds it closed.
 */
static const Error *close_unseen(PaymentUsecase *usecase, Ctx *ctx, const char *payment_id,
                                 const char *reason, bool *ret_is_closed, const Payment **ret_payment) {
        Payment *payment = ARENA_NEW(ctx->arena, Payment);

        *payment = (Payment) {
                .payment_id = payment_id,
                .order_id = "",
                .customer_id = "",
                .currency = "",
                .method = "",
                .status = PAYMENT_FAILED,
                .error = PAYMENT_VOIDED,
                .refund_reason = reason,
        };
        *ret_payment = payment;
        return usecase->repo->insert(usecase->repo, ctx, payment, ret_is_closed);
}

static bool is_closed(const Payment *payment) {
        return payment->status == PAYMENT_REFUNDED || payment->status == PAYMENT_FAILED;
}

/* What the provider has of the payment is given back there first; only then does the row say so. */
static const Error *give_back(PaymentUsecase *usecase, Ctx *ctx, const Payment *payment, const char *reason,
                              bool *ret_is_closed, const Payment **ret_payment) {
        Payment *closed = arena_memdup(ctx->arena, payment, sizeof(Payment));
        Charge charge = { .status = CHARGE_DECLINED, .error = PAYMENT_VOIDED };

        if (payment->status != PAYMENT_ON_DELIVERY) {
                const Error *error = usecase->provider->refund(usecase->provider, ctx, payment, &charge);

                if (error)
                        return payment_in_doubt(ctx, payment->payment_id, error);
                TRY(fault_point(ctx, "payment.after_refund"));
        }
        bool was_captured = charge.status == CHARGE_CAPTURED;
        closed->status = was_captured ? PAYMENT_REFUNDED : PAYMENT_FAILED;
        closed->refunded_minor = was_captured ? payment->amount_minor : 0;
        closed->transaction_id = charge.transaction_id;
        closed->last4 = charge.last4;
        closed->error = charge.error;
        closed->action_url = NULL;
        closed->refund_reason = reason;
        *ret_payment = closed;
        return usecase->repo->save(usecase->repo, ctx, closed, payment->status, ret_is_closed);
}

/* Tries again when the payment moved between reading and writing: it moves twice at most. */
const Error *payment_refund(PaymentUsecase *usecase, Ctx *ctx, const char *payment_id, const char *reason,
                            const Payment **ret_payment) {
        const Payment *payment;
        bool is_done = false;

        while (!is_done) {
                TRY(ctx_check(ctx));
                TRY(usecase->repo->find(usecase->repo, ctx, payment_id, &payment));
                if (!payment)
                        TRY(close_unseen(usecase, ctx, payment_id, reason, &is_done, &payment));
                else if (is_closed(payment))
                        is_done = true;
                else
                        TRY(give_back(usecase, ctx, payment, reason, &is_done, &payment));
        }
        *ret_payment = payment;
        return NULL;
}
