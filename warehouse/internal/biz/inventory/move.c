#include "base/log.h"
#include "base/many.h"
#include "biz/inventory/inventory.h"

typedef struct Moving {
        InventoryUsecase *usecase;
        const MoveRequest *request;
        ReservationStatus *statuses;
} Moving;

static const Error *move_some(void *arg, Ctx *ctx, size_t first, size_t n) {
        const Moving *moving = arg;
        InventoryUsecase *usecase = moving->usecase;
        MoveRequest request = *moving->request;

        request.order_ids += first;
        request.n_orders = n;
        if (request.move == RESERVATION_EXTEND)
                return usecase->repo->extend(usecase->repo, ctx, request.order_ids, n, usecase->hold_ms);
        return usecase->repo->move(usecase->repo, ctx, &request, &moving->statuses[first]);
}

/* A reservation that could not be moved stays as it is, and a person must look at the cause. */
static const Error *report(InventoryUsecase *usecase, Ctx *ctx, const char *order_id, const Error *error,
                           ReservationStatus *ret_status) {
        const Reservation *reservation;

        log_error("a reservation is not moved", log_text("order", order_id), log_cause(ctx->arena, error));
        TRY(usecase->repo->find(usecase->repo, ctx, order_id, &reservation));
        *ret_status = reservation ? reservation->status : RESERVATION_NONE;
        return NULL;
}

const Error *warehouse_move(InventoryUsecase *usecase, Ctx *ctx, const MoveRequest *request,
                            ReservationStatus *ret_statuses, size_t *ret_n_moved) {
        Moving moving = { .usecase = usecase, .request = request, .statuses = ret_statuses };
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, request->n_orders);
        size_t n_moved = 0;

        many_run(ctx, move_some, &moving, request->n_orders, errors);
        for (size_t i = 0; i < request->n_orders; i++) {
                if (errors[i] && (request->n_orders == 1 || error_may_pass(errors[i])))
                        return errors[i];
                if (errors[i])
                        TRY(report(usecase, ctx, request->order_ids[i], errors[i], &ret_statuses[i]));
                n_moved += errors[i] == NULL;
        }
        *ret_n_moved = n_moved;
        return NULL;
}
