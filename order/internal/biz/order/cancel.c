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

/* Taking the saga over fences whoever is placing, paying or settling the order at this moment. */
static const Error *cancel(OrderUsecase *usecase, Ctx *ctx, Order *order, const char *reason) {
        Ctx afterwards = order_afterwards(ctx);
        Saga saga;

        TRY(usecase->sagas->seize(usecase->sagas, ctx, order->id, &saga));
        order->cancel_reason = reason;
        order->payment.action_url = NULL;
        order_saga_at(&saga, SAGA_COMPENSATE, SAGA_LEASED);
        const Error *error = order_change(usecase, ctx, order, &saga,
                                          (OrderMove) { .to = ORDER_CANCELLED, .reason = reason });
        if (error)
                order_postpone(usecase, &afterwards, &saga, error);
        else
                order_try_compensate(usecase, &afterwards, order, &saga);
        return error;
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
