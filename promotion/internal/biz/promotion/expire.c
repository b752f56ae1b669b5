#include "base/log.h"
#include "base/memory.h"
#include "biz/promotion/usage.h"

/* The orders of which the owner says move, in their order. */
static size_t pick(const char *const *order_ids, const UsageMove *moves, size_t n_orders, UsageMove move,
                   const char **ret_picked) {
        size_t n_picked = 0;

        for (size_t i = 0; i < n_orders; i++)
                if (moves[i] == move)
                        ret_picked[n_picked++] = order_ids[i];
        return n_picked;
}

/* One that cannot be moved is logged, and comes again; it holds up nobody else. */
static const Error *carry_out(UsageUsecase *usecase, Ctx *ctx, UsageMove move, const char *const *order_ids,
                              size_t n_orders, size_t *ret_n_moved) {
        UsageStatus *statuses = ARENA_ARRAY(ctx->arena, UsageStatus, n_orders);
        const Error *error =
                promotion_move(usecase, ctx, move, order_ids, n_orders, statuses, ret_n_moved);

        if (!error || error_may_pass(error))
                return error;
        log_error("a usage is not resolved", log_text("order", order_ids[0]), log_cause(ctx->arena, error));
        *ret_n_moved = 0;
        return NULL;
}

const Error *promotion_resolve(UsageUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               size_t *ret_n_resolved) {
        static const UsageMove moves[] = { USAGE_COMMIT, USAGE_EXPIRE, USAGE_EXTEND };
        UsageMove *fates = ARENA_ARRAY(ctx->arena, UsageMove, n_orders);
        size_t n_resolved = 0;

        TRY(usecase->owner->resolve(usecase->owner, ctx, order_ids, n_orders, fates));
        for (size_t i = 0; i < ARRAY_SIZE(moves); i++) {
                const char **picked = ARENA_ARRAY(ctx->arena, const char *, n_orders);
                size_t n_picked = pick(order_ids, fates, n_orders, moves[i], picked), n_moved = 0;

                if (n_picked > 0)
                        TRY(carry_out(usecase, ctx, moves[i], picked, n_picked, &n_moved));
                n_resolved += n_moved;
        }
        *ret_n_resolved = n_resolved;
        return NULL;
}

const Error *promotion_sweep(UsageUsecase *usecase, Ctx *ctx, size_t *ret_n_found) {
        const char *const *order_ids;
        size_t n_orders, n_resolved;

        TRY(usecase->repo->claim_expired(usecase->repo, ctx, USAGE_CLAIM_MS, &order_ids, &n_orders));
        if (n_orders > 0)
                TRY(promotion_resolve(usecase, ctx, order_ids, n_orders, &n_resolved));
        *ret_n_found = n_orders;
        return NULL;
}
