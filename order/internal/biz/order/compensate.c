#include "base/fault.h"
#include "base/task.h"
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

typedef struct Releasing {
        OrderUsecase *usecase;
        const char *order_id;
        const char *reason;
} Releasing;

static const Error *release_stock(Ctx *ctx, void *arg) {
        const Releasing *releasing = arg;
        Stock *stock = releasing->usecase->stock;

        TRY(fault_point(ctx, "order.before_release"));
        TRY(stock->release(stock, ctx, releasing->order_id, releasing->reason));
        return fault_point(ctx, "order.after_release");
}

static const Error *release_uses(Ctx *ctx, void *arg) {
        const Releasing *releasing = arg;
        Promotions *promotions = releasing->usecase->promotions;

        TRY(fault_point(ctx, "order.before_usage_release"));
        TRY(promotions->release(promotions, ctx, releasing->order_id));
        return fault_point(ctx, "order.after_usage_release");
}

static const Error *release_points(Ctx *ctx, void *arg) {
        const Releasing *releasing = arg;
        Points *points = releasing->usecase->points;

        TRY(fault_point(ctx, "order.before_points_release"));
        TRY(points->release(points, ctx, releasing->order_id));
        return fault_point(ctx, "order.after_points_release");
}

/* Side by side: a service that does not answer keeps nothing that is the other's to give back. */
static const Error *release(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, const char *reason) {
        Releasing releasing = { usecase, saga->order_id, reason };
        TaskGroup *group = task_group_new(ctx);

        if (saga->holds & HOLDS_STOCK)
                task_run(group, release_stock, &releasing);
        if (saga->holds & HOLDS_USES)
                task_run(group, release_uses, &releasing);
        if (saga->holds & HOLDS_POINTS)
                task_run(group, release_points, &releasing);
        return task_join(group);
}

const Error *order_compensate(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) {
        const char *reason = order_status_name(order->status);

        if (owes_payment(order))
                TRY(end_payment(usecase, ctx, order, reason));
        TRY(release(usecase, ctx, saga, reason));
        order_saga_at(saga, SAGA_DONE, SAGA_FREE);
        return order_change(usecase, ctx, order, saga, (OrderMove) { .to = order->status });
}

void order_try_compensate(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) {
        const Error *error = order_compensate(usecase, ctx, order, saga);

        if (error)
                order_postpone(usecase, ctx, saga, error);
}

const Error *order_release_unwritten(OrderUsecase *usecase, Ctx *ctx, const Saga *saga) {
        TRY(release(usecase, ctx, saga, "NOT_PLACED"));
        return usecase->sagas->forget(usecase->sagas, ctx, saga);
}
