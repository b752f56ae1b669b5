#include "base/fault.h"
#include "biz/inventory/inventory.h"

const Error *warehouse_confirm(InventoryUsecase *usecase, Ctx *ctx, const char *const *order_ids,
                               size_t n_orders, ReservationStatus *ret_statuses) {
        MoveRequest request = {
                .move = RESERVATION_CONFIRM,
                .order_ids = order_ids,
                .n_orders = n_orders,
                .reason = "order confirmed",
                .actor = ctx_actor(ctx, INVENTORY_ACTOR),
        };
        size_t n_moved;

        TRY(warehouse_move(usecase, ctx, &request, ret_statuses, &n_moved));
        return fault_point(ctx, "warehouse.after_confirm");
}
