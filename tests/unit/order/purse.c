#include "purse.h"

#include "base/clock.h"
#include "support.h"

static const Error *failing(Ctx *ctx, const char *reason) {
        return reason ? error_new(ctx->arena, ERROR_UNAVAILABLE, reason, "points are away") : NULL;
}

static const Error *hold(Points *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us) {
        Purse *purse = (Purse *) self;

        purse->n_held++;
        if (purse->hold_fails && !str_equal(purse->hold_fails, REASON_DEADLINE_EXCEEDED))
                return failing(ctx, purse->hold_fails);
        if (order->loyalty.points_used > purse->points)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, "TOO_FEW_POINTS", "too few");
        purse->held = order->loyalty.points_used;
        *ret_expires_at_us = purse->expires_at_us;
        return failing(ctx, purse->hold_fails);
}

static const Error *commit(Points *self, Ctx *ctx, const char *const *order_ids, size_t n,
                           ConfirmState *ret_states) {
        Purse *purse = (Purse *) self;

        (void) order_ids;
        purse->n_committed++;
        TRY(failing(ctx, purse->commit_fails));
        for (size_t i = 0; i < n; i++)
                ret_states[i] = purse->state;
        purse->are_used = purse->state == CONFIRM_DONE;
        return NULL;
}

static const Error *release(Points *self, Ctx *ctx, const char *order_id) {
        Purse *purse = (Purse *) self;

        (void) order_id;
        TRY(ctx_check(ctx));
        TRY(failing(ctx, purse->release_fails));
        purse->n_released++;
        purse->held = 0;
        purse->are_used = false;
        return NULL;
}

void purse_init(Purse *purse) {
        *purse = (Purse) {
                .base = { .hold = hold, .commit = commit, .release = release },
                .points = 1250,
                .expires_at_us = clock_wall_us() + INT64_C(1800000000),
        };
}
