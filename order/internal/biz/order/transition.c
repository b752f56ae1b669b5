#include "biz/order/order_private.h"

#include "base/memory.h"

#define TO(status) (1u << (status))
#define N_STATUSES ARRAY_SIZE(statuses)

/* The whole status machine: what each status is called, which event tells of it, and where it leads. */
static const struct {
        const char *name;
        const char *event;
        HoldOutcome hold;
        unsigned next;
} statuses[] = {
        [ORDER_ANY_STATUS] = { "", "", HOLD_UNKNOWN, TO(ORDER_PENDING_PAYMENT) },
        [ORDER_PENDING_PAYMENT] = { "PENDING_PAYMENT", "order.created", HOLD_PENDING,
                                    TO(ORDER_CONFIRMED) | TO(ORDER_CANCELLED) | TO(ORDER_PAYMENT_FAILED) |
                                            TO(ORDER_FAILED) },
        [ORDER_CONFIRMED] = { "CONFIRMED", "order.confirmed", HOLD_CONFIRMED,
                              TO(ORDER_PROCESSING) | TO(ORDER_CANCELLED) | TO(ORDER_FAILED) },
        [ORDER_PROCESSING] = { "PROCESSING", "order.processing", HOLD_CONFIRMED,
                               TO(ORDER_SHIPPED) | TO(ORDER_CANCELLED) | TO(ORDER_FAILED) },
        [ORDER_SHIPPED] = { "SHIPPED", "order.shipped", HOLD_CONFIRMED, TO(ORDER_DELIVERED) },
        [ORDER_DELIVERED] = { "DELIVERED", "order.delivered", HOLD_CONFIRMED, TO(ORDER_RETURNED) },
        [ORDER_CANCELLED] = { "CANCELLED", "order.cancelled", HOLD_RELEASED, 0 },
        [ORDER_PAYMENT_FAILED] = { "PAYMENT_FAILED", "order.payment_failed", HOLD_RELEASED, 0 },
        [ORDER_FAILED] = { "FAILED", "order.failed", HOLD_RELEASED, 0 },
        [ORDER_RETURNED] = { "RETURNED", "order.returned", HOLD_CONFIRMED, 0 },
};

const char *order_status_name(OrderStatus status) {
        return statuses[status].name;
}

OrderStatus order_status_of(const char *name) {
        for (size_t i = 1; i < N_STATUSES; i++)
                if (str_equal(statuses[i].name, name))
                        return (OrderStatus) i;
        return ORDER_ANY_STATUS;
}

const char *order_status_event(OrderStatus status) {
        return statuses[status].event;
}

HoldOutcome order_status_hold(OrderStatus status) {
        return statuses[status].hold;
}

bool order_may_move(OrderStatus from, OrderStatus to) {
        return statuses[from].next & TO(to);
}

static void enter(Order *order, OrderStatus status) {
        order->status = status;
        order->version++;
}

static const Error *move_to(Ctx *ctx, Order *order, OrderStatus status) {
        if (order->status == status)
                return NULL;
        if (!order_may_move(order->status, status))
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, INNER_ILLEGAL_MOVE,
                                 "An order cannot go from %s to %s", order_status_name(order->status),
                                 order_status_name(status));
        enter(order, status);
        if (status == ORDER_CONFIRMED)
                order->confirmed_at_us = clock_wall_us();
        if (status == ORDER_CANCELLED)
                order->cancelled_at_us = clock_wall_us();
        return NULL;
}

/* The way of an order with its shipments. */
static const OrderStatus way[] = { ORDER_CONFIRMED, ORDER_PROCESSING, ORDER_SHIPPED, ORDER_DELIVERED };

/* ARRAY_SIZE(way) for a status that is not on it. */
static size_t place_on_way(OrderStatus status) {
        size_t place = 0;

        while (place < ARRAY_SIZE(way) && way[place] != status)
                place++;
        return place;
}

static OrderStatus status_by(const ShipmentsState *state) {
        if (state->n_delivered == state->n)
                return ORDER_DELIVERED;
        return state->n_shipped == state->n ? ORDER_SHIPPED : ORDER_PROCESSING;
}

ShipmentsMeaning order_follow_shipments(Order *order, const ShipmentsState *state) {
        size_t place = place_on_way(order->status);

        if (place == ARRAY_SIZE(way))
                return SHIPMENTS_ARE_LATE;
        if (place >= place_on_way(status_by(state)))
                return SHIPMENTS_ARE_KNOWN;
        enter(order, way[place + 1]);
        if (order->status == ORDER_SHIPPED) {
                order->shipped_at_us = state->shipped_at_us;
                order->shipping.tracking_number = state->tracking_number;
        }
        if (order->status == ORDER_DELIVERED)
                order->delivered_at_us = state->delivered_at_us;
        return SHIPMENTS_MOVE_ORDER;
}

const Error *order_change(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga, OrderMove move) {
        OrderChange change = { .from = order->status, .reason = move.reason, .review = move.review };
        Order changed = *order;

        TRY(move_to(ctx, &changed, move.to));
        if (move.is_answer && saga->idempotency_key)
                saga->answer = usecase->snapshot(ctx, &changed);
        TRY(usecase->orders->save(usecase->orders, ctx, &changed, saga, &change));
        *order = changed;
        return NULL;
}

bool order_lost_race(const Error *error) {
        return error_is(error, INNER_ORDER_MOVED) || error_is(error, INNER_SAGA_FENCED);
}
