#include "data/stock_client.h"

#include "base/callee.h"
#include "proto/values.h"
#include "warehouse/v1/warehouse.reasons.h"

typedef struct StockClient {
        Stock base;
        WarehouseService *warehouse;
        CalleeMethod *reserve, *confirm; /* what gives stock back is never refused */
} StockClient;

static WarehouseV1StockLine *line_of(Arena *arena, const OrderItem *item) {
        WarehouseV1StockLine *line = warehouse_v1_stock_line_new(arena);

        line->product_id = item->product_id;
        line->sku = item->sku;
        line->warehouse_id = item->warehouse;
        line->quantity = item->quantity;
        return line;
}

static const Error *hold_expired(Ctx *ctx, const Order *order, const Error *cause) {
        return error_wrap(ctx->arena, ERROR_ABORTED, REASON_HOLD_EXPIRED, cause,
                          "The stock held for order %s was given back: order again", order->id);
}

static const Error *reserve(Stock *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us) {
        WarehouseService *warehouse = ((StockClient *) self)->warehouse;
        WarehouseV1ReserveStockRequest *request = warehouse_v1_reserve_stock_request_new(ctx->arena);
        WarehouseV1ReserveStockResponse *response = warehouse_v1_reserve_stock_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, STOCK_TIMEOUT_MS);
        CalleeCall calling;

        request->order_id = order->id;
        request->n_items = order->n_items;
        request->items = ARENA_ARRAY(ctx->arena, WarehouseV1StockLine *, order->n_items);
        for (size_t i = 0; i < order->n_items; i++)
                request->items[i] = line_of(ctx->arena, &order->items[i]);
        TRY(callee_begin(((StockClient *) self)->reserve, ctx, &calling));
        const Error *error = warehouse->reserve_stock(warehouse, &call, request, response);
        callee_end(&calling, error);
        if (error_is(error, REASON_HOLD_CLOSED))
                return hold_expired(ctx, order, error);
        TRY(error);
        const WarehouseV1Reservation *reservation = response->reservation;
        if (!reservation || !reservation->expires_at)
                return error_internal(ctx->arena, NULL, "The warehouse held order %s without saying how long",
                                      order->id);
        *ret_expires_at_us = proto_time_from_message(reservation->expires_at);
        return NULL;
}

static ConfirmState state_of(WarehouseV1ReservationStatus status) {
        switch (status) {
        case WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_CONFIRMED:
                return CONFIRM_DONE;
        case WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE:
                return CONFIRM_LATER;
        case WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_UNSPECIFIED:
        case WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED:
        case WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_EXPIRED:
                return CONFIRM_LOST;
        default: /* a word of a newer warehouse says nothing against the hold */
                return CONFIRM_LATER;
        }
}

static const Error *confirm(Stock *self, Ctx *ctx, const char *const *order_ids, size_t n,
                            ConfirmState *ret_states) {
        WarehouseService *warehouse = ((StockClient *) self)->warehouse;
        WarehouseV1ConfirmReservationRequest *request =
                warehouse_v1_confirm_reservation_request_new(ctx->arena);
        WarehouseV1ConfirmReservationResponse *response =
                warehouse_v1_confirm_reservation_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, STOCK_TIMEOUT_MS);
        CalleeCall calling;

        request->order_ids = (const char **) order_ids;
        request->n_order_ids = n;
        TRY(callee_begin(((StockClient *) self)->confirm, ctx, &calling));
        const Error *error = warehouse->confirm_reservation(warehouse, &call, request, response);
        callee_end(&calling, error);
        TRY(error);
        if (response->n_statuses != n)
                return error_internal(ctx->arena, NULL, "The warehouse answered for %zu holds of %zu",
                                      response->n_statuses, n);
        for (size_t i = 0; i < n; i++)
                ret_states[i] = state_of(response->statuses[i]);
        return NULL;
}

static const Error *release(Stock *self, Ctx *ctx, const char *order_id, const char *reason) {
        WarehouseService *warehouse = ((StockClient *) self)->warehouse;
        WarehouseV1ReleaseReservationRequest *request =
                warehouse_v1_release_reservation_request_new(ctx->arena);
        WarehouseV1ReleaseReservationResponse *response =
                warehouse_v1_release_reservation_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, STOCK_TIMEOUT_MS);

        request->order_ids = &order_id;
        request->n_order_ids = 1;
        request->reason = reason;
        return warehouse->release_reservation(warehouse, &call, request, response);
}

Stock *order_stock_client_new(Arena *arena, WarehouseService *warehouse) {
        StockClient *client = ARENA_NEW(arena, StockClient);
        Callee *callee = callee_new(arena, "warehouse");

        *client = (StockClient) {
                .base = { .reserve = reserve, .confirm = confirm, .release = release },
                .warehouse = warehouse,
                .reserve = callee_method_new(arena, callee, "ReserveStock"),
                .confirm = callee_method_new(arena, callee, "ConfirmReservation"),
        };
        return &client->base;
}
