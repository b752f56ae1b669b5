#include "service/order_service.h"

#include "proto/cursor.h"
#include "proto/room.h"
#include "service/mapping.h"

typedef struct OrderHandlers {
        OrderService base;
        OrderUsecase *orders;
} OrderHandlers;

static OrderUsecase *orders_of(OrderService *self) {
        return ((OrderHandlers *) self)->orders;
}

Bytes order_service_snapshot(Ctx *ctx, const Order *order) {
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        response->order = order_to_message(ctx->arena, order);
        return proto_message_pack(ctx->arena, &response->base);
}

static const Error *unpack_answer(Ctx *ctx, Bytes answer, OrderV1PlaceOrderResponse *response) {
        ProtobufCMessage *stored;

        TRY(proto_message_unpack(ctx->arena, &order_v1_place_order_response_info, answer, &stored));
        *response = *(OrderV1PlaceOrderResponse *) stored;
        return NULL;
}

static const Error *handle_place_order(OrderService *self, Ctx *ctx, const OrderV1PlaceOrderRequest *request,
                                       OrderV1PlaceOrderResponse *response) {
        OrderRequest wanted = order_request_from_message(ctx->arena, request);
        PlacedOrder placed;

        if (ctx->idempotency_key)
                wanted.packed = proto_message_pack(ctx->arena, &request->base);
        TRY(order_place(orders_of(self), ctx, &wanted, &placed));
        if (!placed.order)
                return unpack_answer(ctx, placed.answer, response);
        response->order = order_to_message(ctx->arena, placed.order);
        return NULL;
}

static const Error *handle_quote_order(OrderService *self, Ctx *ctx, const OrderV1QuoteOrderRequest *request,
                                       OrderV1QuoteOrderResponse *response) {
        OrderRequest wanted = order_request_from_quote(ctx->arena, request);
        OrderQuote quote;

        TRY(order_quote(orders_of(self), ctx, &wanted, &quote));
        order_quote_to_message(ctx->arena, &quote, response);
        return NULL;
}

static const Error *handle_get_order(OrderService *self, Ctx *ctx, const OrderV1GetOrderRequest *request,
                                     OrderV1GetOrderResponse *response) {
        Order *order;

        TRY(order_get(orders_of(self), ctx, request->order_id, &order));
        ctx_about(ctx, "order", order->id);
        response->order = order_to_message(ctx->arena, order);
        return NULL;
}

/* As many as fit into one message, of which one order is only a part by the limits of its fields. */
static void page_to_message(Arena *arena, const OrderPage *page, OrderV1ListOrdersResponse *response) {
        MessageRoom room = { 0 };

        response->orders = ARENA_ARRAY(arena, OrderV1Order *, page->n_orders);
        for (size_t i = 0; i < page->n_orders; i++) {
                OrderV1Order *order = order_to_message(arena, &page->orders[i]);

                if (!proto_room_take(&room, &order->base) && i > 0)
                        break;
                response->orders[response->n_orders++] = order;
        }
        if (page->has_more || response->n_orders < page->n_orders) {
                const Order *last = &page->orders[response->n_orders - 1];

                response->next_cursor = proto_cursor_write(arena, last->created_at_us, last->id);
        }
}

static const Error *handle_list_orders(OrderService *self, Ctx *ctx, const OrderV1ListOrdersRequest *request,
                                       OrderV1ListOrdersResponse *response) {
        OrderPosition after;
        OrderPage page;
        OrderQuery query = {
                .customer_id = str_or_null(request->customer_id),
                .status = (OrderStatus) request->status,
                .limit = request->page_size,
        };

        if (!str_is_empty(request->cursor)) {
                TRY(proto_cursor_read(ctx->arena, request->cursor, &after.created_at_us, &after.order_id));
                query.after = &after;
        }
        TRY(order_list(orders_of(self), ctx, query, &page));
        page_to_message(ctx->arena, &page, response);
        return NULL;
}

static const Error *handle_cancel_order(OrderService *self, Ctx *ctx,
                                        const OrderV1CancelOrderRequest *request,
                                        OrderV1CancelOrderResponse *response) {
        Order *order;

        ctx_about(ctx, "order", request->order_id);
        TRY(order_cancel(orders_of(self), ctx, request->order_id, request->reason, &order));
        ctx_about(ctx, "order", order->id);
        response->order = order_to_message(ctx->arena, order);
        return NULL;
}

static const Error *handle_get_tracking(OrderService *self, Ctx *ctx,
                                        const OrderV1GetTrackingRequest *request,
                                        OrderV1GetTrackingResponse *response) {
        const Order *order;
        Shipment *shipments;
        size_t n;

        TRY(order_track(orders_of(self), ctx, request->order_id, &order, &shipments, &n));
        ctx_about(ctx, "order", order->id);
        order_tracking_to_message(ctx->arena, order, shipments, n, response);
        return NULL;
}

static const Error *handle_get_timeline(OrderService *self, Ctx *ctx,
                                        const OrderV1GetTimelineRequest *request,
                                        OrderV1GetTimelineResponse *response) {
        const Order *order;
        Timeline timeline;

        TRY(order_timeline(orders_of(self), ctx, request->order_id, &order, &timeline));
        ctx_about(ctx, "order", order->id);
        order_timeline_to_message(ctx->arena, order, &timeline, response);
        return NULL;
}

static const Error *handle_resolve_holds(OrderService *self, Ctx *ctx,
                                         const OrderV1ResolveHoldsRequest *request,
                                         OrderV1ResolveHoldsResponse *response) {
        size_t n = request->n_order_ids;
        HoldOutcome *outcomes = ARENA_ARRAY(ctx->arena, HoldOutcome, n);

        ctx_about_all(ctx, "order", request->order_ids, n);
        TRY(order_resolve_holds(orders_of(self), ctx, request->order_ids, n, outcomes));
        response->n_outcomes = n;
        response->outcomes = ARENA_ARRAY(ctx->arena, OrderV1HoldOutcome, n);
        for (size_t i = 0; i < n; i++)
                response->outcomes[i] = (OrderV1HoldOutcome) outcomes[i];
        return NULL;
}

static const Error *handle_get_purchase(OrderService *self, Ctx *ctx,
                                        const OrderV1GetPurchaseRequest *request,
                                        OrderV1GetPurchaseResponse *response) {
        Order *order;

        TRY(order_find(orders_of(self), ctx, request->order_id, &order));
        ctx_about(ctx, "order", order->id);
        order_purchase_to_message(ctx->arena, order, response);
        return NULL;
}

OrderService *order_service_new(Arena *arena, OrderUsecase *orders) {
        OrderHandlers *handlers = ARENA_NEW(arena, OrderHandlers);

        *handlers = (OrderHandlers) { .base = ORDER_SERVICE_IMPL(handle), .orders = orders };
        return &handlers->base;
}
