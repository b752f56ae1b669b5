#include "base/log.h"
#include "base/many.h"
#include "base/memory.h"
#include "biz/promotion/usage.h"

typedef struct Moving {
        UsageUsecase *usecase;
        UsageMove move;
        const char *const *order_ids;
        UsageStatus *statuses;
} Moving;

static const Error *move_some(void *arg, Ctx *ctx, size_t first, size_t n) {
        const Moving *moving = arg;
        UsageUsecase *usecase = moving->usecase;
        const char *const *order_ids = &moving->order_ids[first];

        if (moving->move == USAGE_EXTEND)
                return usecase->repo->extend(usecase->repo, ctx, order_ids, n, usecase->hold_ms);
        return usecase->repo->move(usecase->repo, ctx, moving->move, order_ids, n, &moving->statuses[first]);
}

/* A usage that could not be moved stays as it is, and a person must look at the cause. */
static const Error *report(UsageUsecase *usecase, Ctx *ctx, const char *order_id, const Error *error,
                           UsageStatus *ret_status) {
        const Usage *usage;

        log_error("a usage is not moved", log_text("order", order_id), log_cause(ctx->arena, error));
        TRY(usecase->repo->find(usecase->repo, ctx, order_id, &usage));
        *ret_status = usage ? usage->status : USAGE_NONE;
        return NULL;
}

const Error *promotion_move(UsageUsecase *usecase, Ctx *ctx, UsageMove move, const char *const *order_ids,
                            size_t n_orders, UsageStatus *ret_statuses, size_t *ret_n_moved) {
        Moving moving = { usecase, move, order_ids, ret_statuses };
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, n_orders);
        size_t n_moved = 0;

        many_run(ctx, move_some, &moving, n_orders, errors);
        for (size_t i = 0; i < n_orders; i++) {
                if (errors[i] && (n_orders == 1 || error_may_pass(errors[i])))
                        return errors[i];
                if (errors[i])
                        TRY(report(usecase, ctx, order_ids[i], errors[i], &ret_statuses[i]));
                n_moved += errors[i] == NULL;
        }
        *ret_n_moved = n_moved;
        return NULL;
}

const Error *promotion_commit(UsageUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                              UsageStatus *ret_statuses) {
        size_t n_moved;

        return promotion_move(usecase, ctx, USAGE_COMMIT, order_ids, n_orders, ret_statuses, &n_moved);
}

const Error *promotion_release(UsageUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               UsageStatus *ret_statuses) {
        size_t n_moved;

        return promotion_move(usecase, ctx, USAGE_RELEASE, order_ids, n_orders, ret_statuses, &n_moved);
}

/* The order service commits and releases by itself; the events are the second net, and do nothing twice. */
UsageMove promotion_meaning(const char *event_type) {
        static const struct {
                const char *event_type;
                UsageMove move;
        } meanings[] = {
                { "order.confirmed", USAGE_COMMIT },
                { "order.cancelled", USAGE_RELEASE },
                { "order.failed", USAGE_RELEASE },
                { "order.payment_failed", USAGE_RELEASE },
        };

        for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
                if (str_equal(event_type, meanings[i].event_type))
                        return meanings[i].move;
        return USAGE_KEEP;
}
