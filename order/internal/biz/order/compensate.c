#include "base/fault.h"
#include "biz/order/order_private.h"

void order_payment_ended(Order *order, const PaymentResult *result) {
        order->payment.refunded_minor = result->refunded_minor;
        order->payment.status =
                result->refunded_minor > 0 ? ORDER_PAYMENT_REFUNDED : ORDER_PAYMENT_DECLINED;
}

/* Whatever the payment has come to; notes on the order what was given back. */
static const Error *end_payment(OrderUsecase *usecase, Ctx *ctx, Order *order, const char *reason) {
        PaymentResult result;

        TRY(fault_point(ctx, "order.before_refund"));
        TRY(usecase->payments->refund(usecase->payments, ctx, order, reason, &result));
        if (result.outcome != OUTCOME_GIVEN_BACK && result.outcome != OUTCOME_DECLINED)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                 "Payment %s cannot be ended yet", order->payment.id);
        order_payment_ended(order, &result);
        return fault_point(ctx, "order.after_refund");
}

/* Only the payment service's own word that the payment has ended is believed (order_payment_ended). */
static bool owes_payment(const Order *order) {
        return order->pricing.total_minor > 0 && order->payment.status != ORDER_PAYMENT_DECLINED &&
               order->payment.status != ORDER_PAYMENT_REFUNDED;
}

static const Error *release(OrderUsecase *usecase, Ctx *ctx, const char *order_id, const char *reason) {
        TRY(fault_point(ctx, "order.before_release"));
        TRY(usecase->stock->release(usecase->stock, ctx, order_id, reason));
        return fault_point(ctx, "order.after_release");
}

const Error *order_compensate(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) {
        const char *reason = order_status_name(order->status);

        if (owes_payment(order))
                TRY(end_payment(usecase, ctx, order, reason));
        TRY(release(usecase, ctx, order->id, reason));
        order_saga_at(saga, SAGA_DONE, SAGA_FREE);
        return order_change(usecase, ctx, order, saga, (OrderMove) { .to = order->status });
}

void order_try_compensate(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) {
        const Error *error = order_compensate(usecase, ctx, order, saga);

        if (error)
                order_postpone(usecase, ctx, saga, error);
}

const Error *order_release_unwritten(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, bool may_hold) {
        if (may_hold)
                TRY(release(usecase, ctx, saga->order_id, "NOT_PLACED"));
        return usecase->sagas->forget(usecase->sagas, ctx, saga);
}
