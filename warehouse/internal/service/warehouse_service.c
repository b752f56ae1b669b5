#include "service/warehouse_service.h"

#include "proto/room.h"
#include "service/mapping.h"

typedef struct WarehouseHandlers {
        WarehouseService base;
        InventoryUsecase *inventory;
} WarehouseHandlers;

static InventoryUsecase *inventory_of(WarehouseService *self) {
        return ((WarehouseHandlers *) self)->inventory;
}

static const Error *handle_reserve_stock(WarehouseService *self, Ctx *ctx,
                                         const WarehouseV1ReserveStockRequest *request,
                                         WarehouseV1ReserveStockResponse *response) {
        const StockLine *lines = warehouse_lines_from_message(ctx->arena, request->items, request->n_items);
        const Reservation *reservation;

        ctx_about(ctx, "order", request->order_id);
        TRY(warehouse_reserve(inventory_of(self), ctx, request->order_id, lines, request->n_items,
                              &reservation));
        response->reservation = warehouse_reservation_to_message(ctx->arena, reservation);
        return NULL;
}

static const Error *handle_confirm_reservation(WarehouseService *self, Ctx *ctx,
                                               const WarehouseV1ConfirmReservationRequest *request,
                                               WarehouseV1ConfirmReservationResponse *response) {
        ReservationStatus *statuses = ARENA_ARRAY(ctx->arena, ReservationStatus, request->n_order_ids);

        ctx_about_all(ctx, "order", request->order_ids, request->n_order_ids);
        TRY(warehouse_confirm(inventory_of(self), ctx, request->order_ids, request->n_order_ids, statuses));
        response->statuses = warehouse_statuses_to_message(ctx->arena, statuses, request->n_order_ids);
        response->n_statuses = request->n_order_ids;
        return NULL;
}

static const Error *handle_release_reservation(WarehouseService *self, Ctx *ctx,
                                               const WarehouseV1ReleaseReservationRequest *request,
                                               WarehouseV1ReleaseReservationResponse *response) {
        ReservationStatus *statuses = ARENA_ARRAY(ctx->arena, ReservationStatus, request->n_order_ids);

        ctx_about_all(ctx, "order", request->order_ids, request->n_order_ids);
        TRY(warehouse_release(inventory_of(self), ctx, request->order_ids, request->n_order_ids,
                              request->reason, statuses));
        response->statuses = warehouse_statuses_to_message(ctx->arena, statuses, request->n_order_ids);
        response->n_statuses = request->n_order_ids;
        return NULL;
}

static const Error *handle_extend_reservation(WarehouseService *self, Ctx *ctx,
                                              const WarehouseV1ExtendReservationRequest *request,
                                              WarehouseV1ExtendReservationResponse *response) {
        const Reservation *reservation;

        ctx_about(ctx, "order", request->order_id);
        TRY(warehouse_extend(inventory_of(self), ctx, request->order_id, &reservation));
        response->reservation = warehouse_reservation_to_message(ctx->arena, reservation);
        return NULL;
}

static const Error *handle_adjust_stock(WarehouseService *self, Ctx *ctx,
                                        const WarehouseV1AdjustStockRequest *request,
                                        WarehouseV1AdjustStockResponse *response) {
        StockAdjustment adjustment = {
                .sku = request->sku,
                .warehouse_id = request->warehouse_id,
                .quantity = request->quantity,
                .reason = request->reason,
        };
        Stock stock;

        TRY(warehouse_adjust(inventory_of(self), ctx, &adjustment, &stock));
        response->stock = warehouse_stock_to_message(ctx->arena, &stock);
        return NULL;
}

/* The stock of very many warehouses does not fit into one message. */
static const Error *stock_to_message(Ctx *ctx, const Stock *stock, size_t n_stock,
                                     WarehouseV1GetStockResponse *response) {
        MessageRoom room = { 0 };

        response->items = ARENA_ARRAY(ctx->arena, WarehouseV1Stock *, n_stock);
        for (size_t i = 0; i < n_stock; i++) {
                WarehouseV1Stock *item = warehouse_stock_to_message(ctx->arena, &stock[i]);

                if (!proto_room_take(&room, &item->base))
                        return error_invalid(ctx->arena, "warehouseId",
                                             "must be given: the stock of %zu warehouses does not fit into "
                                             "an answer", n_stock);
                response->items[response->n_items++] = item;
        }
        return NULL;
}

static const Error *handle_get_stock(WarehouseService *self, Ctx *ctx,
                                     const WarehouseV1GetStockRequest *request,
                                     WarehouseV1GetStockResponse *response) {
        const Stock *stock;
        size_t n_stock;

        TRY(warehouse_stock(inventory_of(self), ctx, request->sku, request->warehouse_id, &stock, &n_stock));
        response->sku = request->sku;
        return stock_to_message(ctx, stock, n_stock, response);
}

WarehouseService *warehouse_service_new(Arena *arena, InventoryUsecase *inventory) {
        WarehouseHandlers *handlers = ARENA_NEW(arena, WarehouseHandlers);

        *handlers = (WarehouseHandlers) { .base = WAREHOUSE_SERVICE_IMPL(handle), .inventory = inventory };
        return &handlers->base;
}
