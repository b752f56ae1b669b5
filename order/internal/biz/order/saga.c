#include <assert.h>

#include "biz/order/order_private.h"

/* Before a step is tried again; doubled each time. */
#define FIRST_PAUSE_MS 500
#define MAX_DOUBLINGS 4

static_assert(FIRST_PAUSE_MS << MAX_DOUBLINGS == SAGA_LONGEST_PAUSE_MS, "the longest pause");

#define STEP(step) (1u << (step))

void order_saga_at(Saga *saga, SagaStep step, SagaLease lease) {
        saga->step = step;
        saga->is_leased = lease == SAGA_LEASED;
        if (!saga->is_leased)
                saga->pause_ms = saga->attempts = 0;
}

int64_t order_pause_after_ms(int64_t attempts) {
        return FIRST_PAUSE_MS << (attempts < MAX_DOUBLINGS ? attempts : MAX_DOUBLINGS);
}

const Error *order_of_saga(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, Order **ret_order) {
        Order *order;

        TRY(usecase->orders->find(usecase->orders, ctx, saga->order_id, &order));
        if (!order)
                return error_internal(ctx->arena, NULL, "Order %s has a saga and no row", saga->order_id);
        *ret_order = order;
        return NULL;
}

/* When even this cannot be written, the lease runs out by itself. */
void order_postpone(OrderUsecase *usecase, Ctx *ctx, Saga *saga, const Error *why) {
        Ctx afterwards = order_afterwards(ctx);

        saga->pause_ms = order_pause_after_ms(saga->attempts);
        saga->attempts++;
        saga->last_error = why->message;
        const Error *lost = usecase->sagas->let_go(usecase->sagas, &afterwards, saga);
        (void) lost;
}

const Error *order_take_due(OrderUsecase *usecase, Ctx *ctx, OrderWork work, size_t limit, Saga **ret_sagas,
                            size_t *ret_n) {
        static const unsigned steps[] = {
                [ORDER_WORK_PAY] = STEP(SAGA_PAYMENT) | STEP(SAGA_AWAIT_CUSTOMER),
                [ORDER_WORK_CANCEL] = STEP(SAGA_CANCEL),
                [ORDER_WORK_GIVE_BACK] = STEP(SAGA_CLAIMED) | STEP(SAGA_COMPENSATE),
        };

        return usecase->sagas->take_due(usecase->sagas, ctx, steps[work], limit, ret_sagas, ret_n);
}

static const Error *go_on(OrderUsecase *usecase, Ctx *ctx, Saga *saga) {
        const Error *refusal; /* who wanted the order cancelled hears of it when he asks again */
        Order *order;

        TRY(usecase->orders->find(usecase->orders, ctx, saga->order_id, &order));
        if (!order)
                return order_release_unwritten(usecase, ctx, saga);
        if (saga->step == SAGA_CANCEL)
                return order_go_on_cancelling(usecase, ctx, order, saga, &refusal);
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
