#include "base/fault.h"
#include "base/many.h"
#include "biz/order/order_private.h"

static const char *problem_of(StockState state, const Error *error) {
        if (error)
                return error->message;
        return state == STOCK_CONFIRMED ? NULL : "The hold was not confirmed";
}

static Settlement settlement_of(const Saga *saga, StockState state, const Error *error) {
        return (Settlement) {
                .saga = saga,
                .problem = problem_of(state, error),
                .pause_ms = order_pause_after_ms(saga->attempts),
        };
}

/* True when the warehouse will never hold this order's stock again. */
static bool is_final(const Error *error) {
        return error->code == ERROR_FAILED_PRECONDITION || error_is(error, REASON_HOLD_EXPIRED);
}

/* The order has no stock any more: it fails, its money goes back, the customer and a person are told why. */
static const Error *fail_without_stock(OrderUsecase *usecase, Ctx *ctx, Order *order, const Saga *settling,
                                       const Error *why) {
        const char *review = arena_printf(ctx->arena, "Confirmed, but its stock is gone: %s", why->message);
        Saga saga = *settling;

        order_saga_at(&saga, SAGA_COMPENSATE, SAGA_FREE);
        order->cancel_reason = review;
        return order_change(usecase, ctx, order, &saga,
                            (OrderMove) { .to = ORDER_FAILED, .reason = review, .review = review });
}

/*
 * A confirmed order whose hold does not exist any more: its stock is held once more and sold; where that
 * cannot be, the order fails.
 *
 * ret_is_failed   true: its saga goes on with giving the money back
 */
static const Error *settle_lost(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, StockState *ret_state,
                                bool *ret_is_failed) {
        Stock *stock = usecase->stock;
        int64_t expires_at_us;
        Order *order;

        TRY(order_of_saga(usecase, ctx, saga, &order));
        const Error *error = stock->reserve(stock, ctx, order, &expires_at_us);
        if (!error)
                return stock->confirm(stock, ctx, &saga->order_id, 1, ret_state);
        if (!is_final(error))
                return error;
        TRY(fail_without_stock(usecase, ctx, order, saga, error));
        *ret_is_failed = true;
        return NULL;
}

typedef struct Confirming {
        Stock *stock;
        const char *const *order_ids;
        StockState *states;
} Confirming;

static const Error *confirm_some(void *arg, Ctx *ctx, size_t first, size_t n) {
        const Confirming *confirming = arg;
        Stock *stock = confirming->stock;

        return stock->confirm(stock, ctx, &confirming->order_ids[first], n, &confirming->states[first]);
}

/* ret_n: settlements; an order that has failed for its stock is none of them. */
static const Error *confirm_holds(OrderUsecase *usecase, Ctx *ctx, const Saga *sagas, size_t n,
                                  Settlement *settlements, size_t *ret_n) {
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, n);
        StockState *states = ARENA_ARRAY(ctx->arena, StockState, n);
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, n);
        Confirming confirming = { .stock = usecase->stock, .order_ids = order_ids, .states = states };
        const Error *first = NULL;

        *ret_n = 0;
        for (size_t i = 0; i < n; i++)
                order_ids[i] = sagas[i].order_id;
        many_run(ctx, confirm_some, &confirming, n, errors);
        for (size_t i = 0; i < n; i++) {
                bool is_failed = false;

                first = first ? first : errors[i];
                if (!errors[i] && states[i] == STOCK_LOST)
                        errors[i] = settle_lost(usecase, ctx, &sagas[i], &states[i], &is_failed);
                if (!is_failed)
                        settlements[(*ret_n)++] = settlement_of(&sagas[i], states[i], errors[i]);
        }
        return first;
}

typedef struct Settling {
        SagaStore *sagas;
        const Settlement *settlements;
} Settling;

static const Error *settle_some(void *arg, Ctx *ctx, size_t first, size_t n) {
        const Settling *settling = arg;

        return settling->sagas->settle(settling->sagas, ctx, &settling->settlements[first], n);
}

static const Error *write_settlements(OrderUsecase *usecase, Ctx *ctx, const Settlement *settlements,
                                      size_t n) {
        const Error **errors = ARENA_ARRAY(ctx->arena, const Error *, n);
        Settling settling = { .sagas = usecase->sagas, .settlements = settlements };

        many_run(ctx, settle_some, &settling, n, errors);
        for (size_t i = 0; i < n; i++)
                TRY(errors[i]);
        return NULL;
}

static const Error *settle(OrderUsecase *usecase, Ctx *ctx, const Saga *sagas, size_t n) {
        Settlement *settlements = ARENA_ARRAY(ctx->arena, Settlement, n);
        size_t n_settlements;

        TRY(fault_point(ctx, "order.before_settle"));
        const Error *error = confirm_holds(usecase, ctx, sagas, n, settlements, &n_settlements);
        TRY(fault_point(ctx, "order.after_settle"));
        TRY(write_settlements(usecase, ctx, settlements, n_settlements));
        return error;
}

const Error *order_settle(OrderUsecase *usecase, Ctx *ctx, size_t *ret_n) {
        Saga *sagas;
        size_t n;

        TRY(usecase->sagas->take_due(usecase->sagas, ctx, 1u << SAGA_SETTLE, ORDER_SETTLE_BATCH, &sagas, &n));
        if (n > 0)
                TRY(settle(usecase, ctx, sagas, n));
        *ret_n = n;
        return NULL;
}
