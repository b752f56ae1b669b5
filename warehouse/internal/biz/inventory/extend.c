#include "biz/inventory/inventory.h"

const Error *warehouse_extend(InventoryUsecase *usecase, Ctx *ctx, const char *order_id,
                              const Reservation **ret_reservation) {
        InventoryRepo *repo = usecase->repo;
        const Reservation *reservation;

        TRY(repo->extend(repo, ctx, &order_id, 1, usecase->hold_ms));
        TRY(repo->find(repo, ctx, order_id, &reservation));
        if (!reservation)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_HOLD_NOT_FOUND,
                                 "Order %s has no reservation", order_id);
        if (reservation->status != RESERVATION_ACTIVE && reservation->status != RESERVATION_CONFIRMED)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_HOLD_CLOSED,
                                 "The stock of order %s was given back", order_id);
        *ret_reservation = reservation;
        return NULL;
}
