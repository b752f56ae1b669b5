#include "base/fault.h"
#include "biz/order/internal.h"

/* Before a step is tried again; doubled each time, up to 8 s. */
#define FIRST_PAUSE_MS 500
#define MAX_DOUBLINGS 4

#define STEP(step) (1u << (step))

static int64_t pause_after(int64_t attempts) {
        return FIRST_PAUSE_MS << (attempts < MAX_DOUBLINGS ? attempts : MAX_DOUBLINGS);
}

/* When even this cannot be written, the lease runs out by itself. */
void order_postpone(OrderUsecase *usecase, Ctx *ctx, Saga *saga, const Error *why) {
        Ctx afterwards = order_afterwards(ctx);

        saga->pause_ms = pause_after(saga->attempts);
        saga->attempts++;
        saga->last_error = why->message;
        const Error *lost = usecase->sagas->let_go(usecase->sagas, &afterwards, saga);
        (void) lost;
}

const Error *order_take_due(OrderUsecase *usecase, Ctx *ctx, size_t limit, Saga **ret_sagas, size_t *ret_n) {
        unsigned steps = STEP(SAGA_CLAIMED) | STEP(SAGA_PAYMENT) | STEP(SAGA_AWAIT_CUSTOMER) | STEP(SAGA_COMPENSATE);

        return usecase->sagas->take_due(usecase->sagas, ctx, steps, limit, ret_sagas, ret_n);
}

static const Error *go_on(OrderUsecase *usecase, Ctx *ctx, Saga *saga) {
        Order *order;

        TRY(usecase->orders->find(usecase->orders, ctx, saga->order_id, &order));
        if (!order)
                return order_release_unwritten(usecase, ctx, saga, true);
        if (saga->step == SAGA_COMPENSATE)
                return order_compensate(usecase, ctx, order, saga);
        return order_pay(usecase, ctx, order, saga);
}

const Error *order_resume(OrderUsecase *usecase, Ctx *ctx, Saga *saga) {
        const Error *error = go_on(usecase, ctx, saga);

        if (error)
                order_postpone(usecase, ctx, saga, error);
        return error;
}

static const char *problem_of(StockState state, const Error *error) {
        if (error)
                return error->message;
        if (state == STOCK_LOST)
                return "The hold does not exist any more";
        return state == STOCK_CONFIRMED ? NULL : "The hold was not confirmed";
}

static const Error *confirm_holds(OrderUsecase *usecase, Ctx *ctx, const Saga *sagas, size_t n,
                                  Settlement *settlements) {
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, n);
        StockState *states = ARENA_ARRAY(ctx->arena, StockState, n);

        for (size_t i = 0; i < n; i++)
                order_ids[i] = sagas[i].order_id;
        const Error *error = usecase->stock->confirm(usecase->stock, ctx, order_ids, n, states);
        for (size_t i = 0; i < n; i++)
                settlements[i] = (Settlement) {
                        .saga = &sagas[i],
                        .problem = problem_of(states[i], error),
                        .is_hopeless = !error && states[i] == STOCK_LOST,
                        .pause_ms = pause_after(sagas[i].attempts),
                };
        return error;
}

const Error *order_settle(OrderUsecase *usecase, Ctx *ctx, size_t *ret_n) {
        Saga *sagas;

        TRY(usecase->sagas->take_due(usecase->sagas, ctx, STEP(SAGA_SETTLE), ORDER_SETTLE_BATCH, &sagas, ret_n));
        if (*ret_n == 0)
                return NULL;
        Settlement *settlements = ARENA_ARRAY(ctx->arena, Settlement, *ret_n);
        TRY(fault_point(ctx, FAULT_BEFORE_SETTLE));
        const Error *error = confirm_holds(usecase, ctx, sagas, *ret_n, settlements);
        TRY(fault_point(ctx, FAULT_AFTER_SETTLE));
        TRY(usecase->sagas->settle(usecase->sagas, ctx, settlements, *ret_n));
        return error;
}
