#include "base/str.h"
#include "biz/points/points.h"

static const Error *too_few(PointsUsecase *usecase, Ctx *ctx, const PointsHold *wanted) {
        int64_t points;

        TRY(usecase->repo->balance(usecase->repo, ctx, wanted->customer_id, &points));
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_TOO_FEW_POINTS,
                                 "The customer has fewer than %lld points", (long long) wanted->points);
        ERROR_ADD_RECORD(ctx->arena, error, error_number("wanted", wanted->points),
                         error_number("available", points > 0 ? points : 0));
        return error;
}

static const Error *check_hold(Ctx *ctx, const PointsHold *hold, const PointsHold *wanted) {
        if (hold->status != POINTS_HELD && hold->status != POINTS_COMMITTED)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_POINTS_CLOSED,
                                 "The points of order %s were given back", wanted->order_id);
        if (!str_equal(hold->customer_id, wanted->customer_id) || hold->points != wanted->points)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_POINTS_MISMATCH,
                                 "Order %s holds other points", wanted->order_id);
        return NULL;
}

/* Nothing was written for one of two reasons: the order has its hold already, or too few points are left. */
const Error *customer_points_hold(PointsUsecase *usecase, Ctx *ctx, const char *order_id,
                                  const char *customer_id, int64_t points, PointsHold *ret_hold) {
        const PointsHold wanted = { .order_id = order_id, .customer_id = customer_id, .points = points };
        PointsHold hold;
        bool is_held;

        TRY(usecase->repo->hold(usecase->repo, ctx, &wanted, usecase->hold_ms, &is_held));
        TRY(usecase->repo->find(usecase->repo, ctx, order_id, &hold));
        if (!is_held && hold.status == POINTS_NONE)
                return too_few(usecase, ctx, &wanted);
        TRY(check_hold(ctx, &hold, &wanted));
        *ret_hold = hold;
        return NULL;
}
