#include "data/order_owner.h"

#include "base/callee.h"

typedef struct OrderOwner {
        PointsOwner base;
        OrderService *orders;
        CalleeMethod *resolve;
} OrderOwner;

static PointsMove move_of(OrderV1HoldOutcome outcome) {
        switch (outcome) {
        case ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN:
        case ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_RELEASED:
                return POINTS_EXPIRE;
        case ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_PENDING:
                return POINTS_EXTEND;
        case ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_CONFIRMED:
                return POINTS_COMMIT;
        default:
                return POINTS_KEEP;
        }
}

static const Error *resolve(PointsOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                            PointsMove *ret_moves) {
        OrderOwner *owner = (OrderOwner *) self;
        OrderV1ResolveHoldsRequest *request = order_v1_resolve_holds_request_new(ctx->arena);
        OrderV1ResolveHoldsResponse *response = order_v1_resolve_holds_response_new(ctx->arena);
        CalleeCall calling;

        request->order_ids = (const char **) order_ids;
        request->n_order_ids = n_orders;
        TRY(callee_begin(owner->resolve, ctx, &calling));
        const Error *error = owner->orders->resolve_holds(owner->orders, ctx, request, response);
        callee_end(&calling, error);
        TRY(error);
        if (response->n_outcomes != n_orders)
                return error_internal(ctx->arena, NULL, "Asked about %zu orders, got %zu answers", n_orders,
                                      response->n_outcomes);
        for (size_t i = 0; i < n_orders; i++)
                ret_moves[i] = move_of(response->outcomes[i]);
        return NULL;
}

PointsOwner *customer_order_owner_new(Arena *arena, OrderService *orders) {
        OrderOwner *owner = ARENA_NEW(arena, OrderOwner);

        *owner = (OrderOwner) {
                .base = { .resolve = resolve },
                .orders = orders,
                .resolve = callee_method_new(arena, callee_new(arena, "order"), "ResolveHolds"),
        };
        return &owner->base;
}
