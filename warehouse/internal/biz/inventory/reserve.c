#include "base/fault.h"
#include "base/str.h"
#include "base/uuid.h"
#include "biz/inventory/inventory.h"

static bool is_same_stock(const StockLine *a, const StockLine *b) {
        return str_equal(a->sku, b->sku) && str_equal(a->warehouse_id, b->warehouse_id);
}

/* Adds up the lines of one SKU and warehouse, at the place of the first; so a stock row is judged once. */
static StockLine *merge_lines(Arena *arena, const StockLine *lines, size_t n_lines, size_t *ret_n_merged) {
        StockLine *merged = ARENA_ARRAY(arena, StockLine, n_lines);
        size_t n_merged = 0;

        for (size_t i = 0; i < n_lines; i++) {
                size_t at = 0;

                while (at < n_merged && !is_same_stock(&merged[at], &lines[i]))
                        at++;
                if (at < n_merged)
                        merged[at].quantity += lines[i].quantity;
                else
                        merged[n_merged++] = lines[i];
        }
        *ret_n_merged = n_merged;
        return merged;
}

static bool is_same_request(const Reservation *reservation, const ReserveRequest *request) {
        if (reservation->n_lines != request->n_lines)
                return false;
        for (size_t i = 0; i < request->n_lines; i++) {
                if (!is_same_stock(&reservation->lines[i], &request->lines[i]) ||
                    reservation->lines[i].quantity != request->lines[i].quantity)
                        return false;
        }
        return true;
}

static const Error *check_reservation(Ctx *ctx, const Reservation *reservation,
                                      const ReserveRequest *request) {
        if (reservation->status != RESERVATION_ACTIVE && reservation->status != RESERVATION_CONFIRMED)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_HOLD_CLOSED,
                                 "The stock of order %s was given back", request->order_id);
        if (!is_same_request(reservation, request))
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_HOLD_MISMATCH,
                                 "Order %s has a reservation of other lines", request->order_id);
        return NULL;
}

static const Error *out_of_stock(Ctx *ctx, const ReserveRequest *request, const int64_t *available) {
        Error *error = NULL;

        for (size_t i = 0; i < request->n_lines; i++) {
                const StockLine *line = &request->lines[i];

                if (available[i] >= line->quantity)
                        continue;
                if (!error)
                        error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PRODUCT_OUT_OF_STOCK,
                                          "Product %s is out of stock in warehouse %s", line->sku,
                                          line->warehouse_id);
                ERROR_ADD_RECORD(ctx->arena, error, error_text("productId", line->product_id),
                                 error_text("sku", line->sku),
                                 error_number("requestedQuantity", line->quantity),
                                 error_number("availableQuantity", available[i]));
        }
        return error;
}

/* ret_is_freed: by this call, or by another that found the same reservations. */
static const Error *free_expired(InventoryUsecase *usecase, Ctx *ctx, const ReserveRequest *request,
                                 bool *ret_is_freed) {
        const char *const *order_ids;
        size_t n_orders, n_freed = 0;
        bool is_enough;

        TRY(usecase->repo->find_expired(usecase->repo, ctx, request->lines, request->n_lines, &order_ids,
                                        &n_orders, &is_enough));
        if (n_orders > 0)
                TRY(warehouse_resolve(usecase, ctx, order_ids, n_orders, &n_freed));
        *ret_is_freed = is_enough || n_freed > 0;
        return NULL;
}

/*
 * Each round finds that reservations which were expired have been resolved, and nobody makes new ones of
 * those: it comes to an end.
 */
static const Error *reserve_or_free_expired(InventoryUsecase *usecase, Ctx *ctx,
                                            const ReserveRequest *request, ReserveOutcome *ret_outcome) {
        bool is_freed;

        do {
                TRY(ctx_check(ctx));
                TRY(usecase->repo->reserve(usecase->repo, ctx, request, ret_outcome));
                if (ret_outcome->reservation)
                        return NULL;
                TRY(free_expired(usecase, ctx, request, &is_freed));
        } while (is_freed);
        return out_of_stock(ctx, request, ret_outcome->available);
}

const Error *warehouse_reserve(InventoryUsecase *usecase, Ctx *ctx, const char *order_id,
                               const StockLine *lines, size_t n_lines, const Reservation **ret_reservation) {
        ReserveRequest request = {
                .reservation_id = uuid_sortable(ctx->arena, "RSV-"),
                .order_id = order_id,
                .hold_ms = usecase->hold_ms,
                .actor = ctx_actor(ctx, INVENTORY_ACTOR),
        };
        ReserveOutcome outcome = { 0 };

        request.lines = merge_lines(ctx->arena, lines, n_lines, &request.n_lines);
        TRY(fault_point(ctx, "warehouse.before_reserve"));
        TRY(reserve_or_free_expired(usecase, ctx, &request, &outcome));
        TRY(fault_point(ctx, "warehouse.after_reserve"));
        TRY(check_reservation(ctx, outcome.reservation, &request));
        *ret_reservation = outcome.reservation;
        return NULL;
}
