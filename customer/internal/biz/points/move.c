#include "base/log.h"
#include "base/many.h"
#include "base/memory.h"
#include "base/str.h"
#include "biz/points/points.h"

typedef struct Moving {
        PointsUsecase *usecase;
        PointsMove move;
        const char *const *order_ids;
        PointsStatus *statuses;
} Moving;

static const Error *move_some(void *arg, Ctx *ctx, size_t first, size_t n) {
        const Moving *moving = arg;
        PointsUsecase *usecase = moving->usecase;
        const char *const *order_ids = &moving->order_ids[first];

        if (moving->move == POINTS_EXTEND)
                return usecase->repo->extend(usecase->repo, ctx, order_ids, n, usecase->hold_ms);
        return usecase->repo->move(usecase->repo, ctx, moving->move, order_ids, n, &moving->statuses[first]);
}

/* What could not be moved stays as it is, and a person must look at the cause. */
static const Error *report(PointsUsecase *usecase, Ctx *ctx, const char *order_id, const Error *error,
                           PointsStatus *ret_status) {
        PointsHold hold;

        log_error("points of an order are not moved", log_text("order", order_id),
                  log_cause(ctx->arena, error));
        TRY(usecase->repo->find(usecase->repo, ctx, order_id, &hold));
        *ret_status = hold.status;
        return NULL;
}

const Error *customer_points_move(PointsUsecase *usecase, Ctx *ctx, PointsMove move,
                                  const char *const *order_ids, size_t n_orders,
                                  PointsStatus *ret_statuses) {
        Moving moving = { usecase, move, order_ids, ret_statuses };
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, n_orders);

        many_run(ctx, move_some, &moving, n_orders, errors);
        for (size_t i = 0; i < n_orders; i++) {
                if (errors[i] && (n_orders == 1 || error_may_pass(errors[i])))
                        return errors[i];
                if (errors[i])
                        TRY(report(usecase, ctx, order_ids[i], errors[i], &ret_statuses[i]));
        }
        return NULL;
}

/* The orders of which the owner says move are moved; one that cannot be holds up nobody else. */
static const Error *carry_out(PointsUsecase *usecase, Ctx *ctx, PointsMove move, const char *const *order_ids,
                              const PointsMove *moves, size_t n_orders) {
        PointsStatus *statuses = ARENA_ARRAY(ctx->arena, PointsStatus, n_orders);
        const char **picked = ARENA_ARRAY(ctx->arena, const char *, n_orders);
        size_t n = 0;

        for (size_t i = 0; i < n_orders; i++)
                if (moves[i] == move)
                        picked[n++] = order_ids[i];
        const Error *error = n > 0 ? customer_points_move(usecase, ctx, move, picked, n, statuses) : NULL;
        if (!error || error_may_pass(error))
                return error;
        log_error("held points are not resolved", log_text("order", picked[0]),
                  log_cause(ctx->arena, error));
        return NULL;
}

const Error *customer_points_sweep(PointsUsecase *usecase, Ctx *ctx, size_t *ret_n_found) {
        static const PointsMove moves[] = { POINTS_COMMIT, POINTS_EXPIRE, POINTS_EXTEND };
        const char *const *order_ids;
        size_t n;

        TRY(usecase->repo->claim_expired(usecase->repo, ctx, POINTS_CLAIM_MS, &order_ids, &n));
        PointsMove *fates = ARENA_ARRAY(ctx->arena, PointsMove, n);
        if (n > 0)
                TRY(usecase->owner->resolve(usecase->owner, ctx, order_ids, n, fates));
        for (size_t i = 0; n > 0 && i < ARRAY_SIZE(moves); i++)
                TRY(carry_out(usecase, ctx, moves[i], order_ids, fates, n));
        *ret_n_found = n;
        return NULL;
}

/* The order service holds, commits and releases by itself; the events are the second net for that. */
PointsMove customer_points_meaning(const char *event_type) {
        static const struct {
                const char *event_type;
                PointsMove move;
        } meanings[] = {
                { "order.confirmed", POINTS_COMMIT },
                { "order.cancelled", POINTS_RELEASE },
                { "order.failed", POINTS_RELEASE },
                { "order.payment_failed", POINTS_RELEASE },
        };

        for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
                if (str_equal(event_type, meanings[i].event_type))
                        return meanings[i].move;
        return POINTS_KEEP;
}
