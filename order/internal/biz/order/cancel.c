#include "biz/order/internal.h"

/* Times that losing against another process is tried again, before the caller is told. */
#define MAX_RACES 5

static const Error *not_cancellable(Ctx *ctx, const Order *order) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_ORDER_NOT_CANCELLABLE,
                                 "Order %s cannot be cancelled any more", order->id);
        ErrorValue values[] = {
                { .key = "orderId", .text = order->id },
                { .key = "orderStatus", .text = order_status_name(order->status) },
        };

        error_add_record(ctx->arena, error, values, 2);
        return error;
}

/* Taking the saga over fences whoever is placing, paying or settling the order at this moment. */
static const Error *cancel(OrderUsecase *usecase, Ctx *ctx, Order *order, const char *reason, Saga *ret_saga) {
        TRY(usecase->sagas->seize(usecase->sagas, ctx, order->id, ret_saga));
        order->cancel_reason = reason;
        order->payment.action_url = NULL;
        ret_saga->step = SAGA_COMPENSATE;
        ret_saga->is_leased = true;
        return order_change(usecase, ctx, order, ORDER_CANCELLED, ret_saga, reason, false);
}

const Error *order_cancel(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, const char *reason,
                          Order **ret_order) {
        const Error *error = NULL;

        for (int races = 0; races < MAX_RACES; races++) {
                Order *order;
                Saga saga;

                TRY(ctx_check(ctx));
                TRY(order_get(usecase, ctx, id_or_number, &order));
                *ret_order = order;
                if (order->status == ORDER_CANCELLED)
                        return NULL;
                if (!order_may_move(order->status, ORDER_CANCELLED))
                        return not_cancellable(ctx, order);
                error = cancel(usecase, ctx, order, str_is_empty(reason) ? NULL : reason, &saga);
                if (!error) {
                        Ctx afterwards = order_afterwards(ctx);
                        order_try_compensate(usecase, &afterwards, order, &saga);
                        return NULL;
                }
                if (!order_lost_race(error))
                        return error;
        }
        return error;
}
