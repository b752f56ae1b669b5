#include "base/fault.h"
#include "base/task.h"
#include "biz/order/order_private.h"

/* How holding one kind went. */
typedef struct Hold {
        OrderHolding *holding;
        int64_t expires_at_us; /* 0: nothing is held, or nobody knows */
        bool may_be_held;
} Hold;

/* A refusal of the only call is certain; after any other failure something may be held. */
static bool is_refusal(const Error *error) {
        return error->code == ERROR_FAILED_PRECONDITION || error->code == ERROR_INVALID_ARGUMENT ||
               error->code == ERROR_NOT_FOUND;
}

static const Error *hold_stock(Ctx *ctx, void *arg) {
        Hold *hold = arg;
        Stock *stock = hold->holding->usecase->stock;
        const Error *error = stock->reserve(stock, ctx, hold->holding->order, &hold->expires_at_us);

        hold->may_be_held = !error || !is_refusal(error);
        TRY(error);
        return fault_point(ctx, "order.after_hold");
}

static const Error *hold_uses(Ctx *ctx, void *arg) {
        Hold *hold = arg;
        OrderHolding *holding = hold->holding;
        Promotions *promotions = holding->usecase->promotions;
        const Error *error = promotions->hold(promotions, ctx, holding->order, &hold->expires_at_us,
                                              &holding->gone, &holding->n_gone);

        hold->may_be_held = error ? !is_refusal(error) : holding->n_gone == 0;
        TRY(error);
        return fault_point(ctx, "order.after_usage_hold");
}

static bool needs_uses(const Order *order) {
        for (size_t i = 0; i < order->pricing.n_discounts; i++)
                if (order->pricing.discounts[i].campaign_id)
                        return true;
        return false;
}

static void add_uses(TaskGroup *group, Hold *uses) {
        OrderHolding *holding = uses->holding;

        holding->n_gone = 0;
        if (needs_uses(holding->order))
                task_run(group, hold_uses, uses);
}

static const Error *hold_points(Ctx *ctx, Hold *hold) {
        Points *points = hold->holding->usecase->points;
        const Error *error = points->hold(points, ctx, hold->holding->order, &hold->expires_at_us);

        hold->may_be_held = !error || !is_refusal(error);
        TRY(error);
        return fault_point(ctx, "order.after_points_hold");
}

/* The order must be written before the first of its holds ends. */
static void note(const Hold *hold, unsigned kind) {
        OrderHolding *holding = hold->holding;
        int64_t *expires_at_us = &holding->order->hold_expires_at_us;

        if (hold->may_be_held)
                holding->may_hold |= kind;
        if (hold->expires_at_us > 0 && (*expires_at_us == 0 || hold->expires_at_us < *expires_at_us))
                *expires_at_us = hold->expires_at_us;
}

const Error *order_hold(OrderHolding *holding, Ctx *ctx) {
        Hold stock = { .holding = holding }, uses = { .holding = holding };
        TaskGroup *group = task_group_new(ctx);

        task_run(group, hold_stock, &stock);
        add_uses(group, &uses);
        const Error *error = task_join(group);
        note(&stock, HOLDS_STOCK);
        note(&uses, HOLDS_USES);
        return error;
}

const Error *order_hold_uses(OrderHolding *holding, Ctx *ctx) {
        Hold uses = { .holding = holding };
        TaskGroup *group = task_group_new(ctx);

        add_uses(group, &uses);
        const Error *error = task_join(group);
        note(&uses, HOLDS_USES);
        return error;
}

const Error *order_hold_points(OrderHolding *holding, Ctx *ctx) {
        Hold points = { .holding = holding };

        if (holding->order->loyalty.points_used == 0)
                return NULL;
        const Error *error = hold_points(ctx, &points);
        note(&points, HOLDS_POINTS);
        return error;
}
