#include "base/fault.h"
#include "biz/order/order_private.h"

/* Times that losing against another process is tried again, before the caller is told. */
#define MAX_RACES 5

static const Error *not_cancellable(Ctx *ctx, const Order *order) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_ORDER_NOT_CANCELLABLE,
                                 "Order %s cannot be cancelled any more", order->id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("orderId", order->id),
                         error_text("orderStatus", order_status_name(order->status)));
        return error;
}

static const Error *is_changing(Ctx *ctx, const char *id_or_number, const Error *cause) {
        Error *error = error_wrap(ctx->arena, ERROR_ABORTED, REASON_ORDER_CHANGED, cause,
                                  "Order %s is being changed by others: try again", id_or_number);

        error->retry_after_ms = ORDER_RETRY_AFTER_MS;
        return error;
}

/* No service's "nothing was done" is told on: what is written goes on by itself. */
static const Error *is_undecided(Ctx *ctx, const Order *order, const Error *cause) {
        Error *error = error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "Order %s is not cancelled yet: it is as soon as shipping says that "
                                  "nothing of it was shipped", order->id);

        error->retry_after_ms = ORDER_RETRY_AFTER_MS;
        return error;
}

/* Only shipping knows whether something of a confirmed order has left; one that is not has no shipments. */
static bool may_be_shipped(const Order *order) {
        return order->status != ORDER_PENDING_PAYMENT;
}

/* Who has nothing to sell could not keep the order; else somebody did not want it. */
static OrderStatus end_of(const Order *order, const Saga *saga) {
        return may_be_shipped(order) && !(saga->holds & HOLDS_STOCK) ? ORDER_FAILED : ORDER_CANCELLED;
}

/* Once it is cancelled, the saga goes on by itself where giving back does not work now. */
static const Error *end(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga, const char *reason) {
        Ctx afterwards = order_afterwards(ctx);

        order->cancel_reason = reason;
        order->payment.action_url = NULL;
        order_saga_at(saga, SAGA_COMPENSATE, SAGA_LEASED);
        TRY(order_change(usecase, ctx, order, saga,
                         (OrderMove) { .to = end_of(order, saga), .reason = reason }));
        order_try_compensate(usecase, &afterwards, order, saga);
        return NULL;
}

/* Written before shipping is asked: whatever dies then, the saga hears what shipping says, and ends it. */
static const Error *announce(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga, const char *reason) {
        if (saga->step != SAGA_CANCEL)
                saga->back_to = saga->step;
        saga->cancel_reason = reason;
        order_saga_at(saga, SAGA_CANCEL, SAGA_LEASED);
        return order_change(usecase, ctx, order, saga, (OrderMove) { .to = order->status });
}

/* With its attempts: by them settling knows that the order has a note of what went wrong, to be taken off. */
static const Error *go_back(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) {
        Ctx afterwards = order_afterwards(ctx);
        int64_t attempts = saga->attempts;

        order_saga_at(saga, saga->back_to, SAGA_FREE);
        saga->attempts = attempts;
        return order_change(usecase, &afterwards, order, saga, (OrderMove) { .to = order->status });
}

const Error *order_go_on_cancelling(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                                    const Error **ret_refusal) {
        Shipping *shipping = usecase->shipping;

        TRY(fault_point(ctx, "order.before_shipping_cancel"));
        const Error *error = shipping->cancel(shipping, ctx, order->id, saga->cancel_reason);
        if (error && error->code == ERROR_FAILED_PRECONDITION) {
                *ret_refusal = error;
                return go_back(usecase, ctx, order, saga);
        }
        TRY(error);
        TRY(fault_point(ctx, "order.after_shipping_cancel"));
        *ret_refusal = NULL;
        return end(usecase, ctx, order, saga, saga->cancel_reason);
}

static const Error *cancel_as_it_stands(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                                        const char *reason, const Error **ret_refusal) {
        *ret_refusal = NULL;
        if (!may_be_shipped(order))
                return end(usecase, ctx, order, saga, reason);
        TRY(announce(usecase, ctx, order, saga, reason));
        return order_go_on_cancelling(usecase, ctx, order, saga, ret_refusal);
}

/* What went wrong once it was written that the order is to be cancelled. */
static bool goes_on(const Saga *saga, const Error *error) {
        return saga->row_step == SAGA_CANCEL && error->reason && !order_lost_race(error);
}

/* Taking the saga over fences whoever is placing, paying or settling the order at this moment. */
static const Error *cancel(OrderUsecase *usecase, Ctx *ctx, Order *order, const char *reason) {
        const Error *refusal;
        Saga saga;

        TRY(usecase->sagas->seize(usecase->sagas, ctx, order->id, &saga));
        const Error *error = cancel_as_it_stands(usecase, ctx, order, &saga, reason, &refusal);
        if (!error)
                return refusal;
        order_postpone(usecase, ctx, &saga, error);
        return goes_on(&saga, error) ? is_undecided(ctx, order, error) : error;
}

static const Error *cancel_once(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, const char *reason,
                                Order **ret_order) {
        Order *order;

        TRY(ctx_check(ctx));
        TRY(order_get(usecase, ctx, id_or_number, &order));
        if (order->status != ORDER_CANCELLED) {
                if (!order_may_move(order->status, ORDER_CANCELLED))
                        return not_cancellable(ctx, order);
                TRY(cancel(usecase, ctx, order, reason));
        }
        *ret_order = order;
        return NULL;
}

const Error *order_cancel(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, const char *reason,
                          Order **ret_order) {
        const Error *error = NULL;

        if (str_is_empty(reason))
                reason = NULL;
        for (int races = 0; races < MAX_RACES; races++) {
                error = cancel_once(usecase, ctx, id_or_number, reason, ret_order);
                if (!order_lost_race(error))
                        return error;
        }
        return is_changing(ctx, id_or_number, error);
}
