#include "base/fault.h"
#include "biz/order/order_private.h"

/* Times that an order is evaluated again without what is gone, before the caller is told. */
#define MAX_EVALUATIONS_AGAIN 3

/* An order on its way from the request to its row. */
typedef struct Placing {
        OrderDraft draft;
        Saga *saga;
        OrderHolding holding;
        bool may_be_written; /* as an order, by this call or by one that took its saga over */
} Placing;

static const Error *too_contended(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                         "Promotions of this order are being used up by others: try again");
}

/*
 * Step 3. A use may be gone since the evaluation. The customer wants that of a code; of a campaign that needs
 * none he knows nothing: the order is priced without it.
 */
static const Error *hold(Placing *placing) {
        OrderHolding *holding = &placing->holding;
        Ctx *ctx = placing->draft.ctx;

        holding->order = placing->draft.order;
        TRY(order_hold(holding, ctx));
        for (int n_again = 0; holding->n_gone > 0; n_again++) {
                TRY(order_check_uses(ctx, placing->draft.order, holding->gone, holding->n_gone));
                if (n_again == MAX_EVALUATIONS_AGAIN)
                        return too_contended(ctx);
                TRY(order_draft_reprice(&placing->draft, holding->gone, holding->n_gone));
                TRY(order_hold_uses(holding, ctx));
        }
        return order_hold_points(holding, ctx);
}

/* Of a customer of whom is known what he has. */
static void note_balance(const Placing *placing) {
        OrderLoyalty *loyalty = &placing->draft.order->loyalty;

        loyalty->has_new_balance = !placing->draft.is_customer_old;
        loyalty->new_balance = placing->draft.customer.points - loyalty->points_used + loyalty->points_earned;
}

/* Whether a write was, or still may be, done: by this call, or by one that took its saga over. */
static bool is_uncertain(const Error *error) {
        return error_is(error, REASON_WRITE_UNCERTAIN) || order_lost_race(error);
}

/*
 * Looks up what became of an order when a call cannot know it: the answer that is stored for its key, or
 * where it stands. The answer is read last: once it was there, it stays, whatever becomes of the order.
 * False: the order is not there, or cannot be asked for.
 */
static bool look_up(OrderUsecase *usecase, const Ctx *ctx, const Saga *saga, PlacedOrder *ret_placed) {
        Ctx afterwards = order_afterwards(ctx);
        SagaStore *sagas = usecase->sagas;
        Order *order;
        Bytes answer = { 0 };
        const Error *unknown = usecase->orders->find(usecase->orders, &afterwards, saga->order_id, &order);

        if (unknown || !order)
                return false;
        if (saga->idempotency_key)
                unknown = sagas->answer(sagas, &afterwards, saga->order_id, &answer);
        if (unknown)
                return false;
        *ret_placed = answer.n_bytes > 0 ? (PlacedOrder) { .answer = answer }
                                         : (PlacedOrder) { .order = order };
        return true;
}

/* What the caller hears of what was looked up; cause: why this call got no further, or NULL. */
static const Error *tell(Ctx *ctx, const PlacedOrder *placed, const Error *cause) {
        return placed->order ? order_outcome(ctx, placed->order, cause) : NULL;
}

static const Error *hold_ends(Placing *placing, const Error *cause) {
        return error_wrap(placing->draft.ctx->arena, ERROR_ABORTED, REASON_HOLD_EXPIRED, cause,
                          "What is held for order %s ends before it can be paid: order again",
                          placing->draft.order->id);
}

/* Step 5: the order exists from here on. */
static const Error *write(Placing *placing) {
        OrderRepo *orders = placing->draft.usecase->orders;
        Order *order = placing->draft.order;
        Ctx *ctx = placing->draft.ctx;

        note_balance(placing);
        order->created_at_us = clock_wall_us();
        order_saga_at(placing->saga, SAGA_PAYMENT, SAGA_LEASED);
        placing->saga->holds = placing->holding.may_hold;
        TRY(orders->next_number(orders, ctx, clock_year(order->created_at_us), &order->number));
        TRY(fault_point(ctx, "order.before_write"));
        const Error *error = orders->insert(orders, ctx, order, placing->saga);
        placing->may_be_written = is_uncertain(error);
        return error_is(error, INNER_HOLD_ENDS) ? hold_ends(placing, error) : error;
}

static const Error *make_draft(OrderDraft *draft) {
        TRY(order_draft_gather(draft));
        TRY(ctx_check(draft->ctx));
        TRY(order_draft_price(draft));
        TRY(ctx_check(draft->ctx));
        return order_draft_validate(draft);
}

/* Steps 1 to 5. The fourth is taken before the third, so that a mistake holds nothing. */
static const Error *run_steps(Placing *placing) {
        Ctx *ctx = placing->draft.ctx;

        TRY(fault_point(ctx, "order.after_claim"));
        TRY(ctx_check(ctx));
        TRY(make_draft(&placing->draft));
        TRY(ctx_check(ctx));
        TRY(hold(placing));
        TRY(ctx_check(ctx));
        return write(placing);
}

/*
 * Of an order that has no key and whose INSERT never left nobody else knows: where its end cannot be written
 * down, its hold can go all the same. If even that fails, it ends in its time.
 */
static void release_what_nobody_knows(const Placing *placing, Ctx *afterwards) {
        if (placing->may_be_written || placing->saga->idempotency_key)
                return;
        const Error *unreleased = order_release_unwritten(placing->draft.usecase, afterwards, placing->saga);
        (void) unreleased;
}

/*
 * What the caller hears of an order that could not be given up. No id is told of one that may never exist: a
 * late INSERT makes it one until its hold ends, and then nothing does.
 */
static const Error *not_given_up(const Placing *placing, const Error *error, const Error *problem) {
        Ctx *ctx = placing->draft.ctx;

        if (order_lost_race(problem) && placing->saga->idempotency_key)
                return idempotency_in_flight(ctx);
        if (placing->may_be_written)
                return order_unknown(ctx, error);
        if (is_uncertain(error))
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error,
                                  "The order was not placed; what is held for it is given back in its time");
        return error;
}

/*
 * Nothing is left of an order that was not written: what may be held is released, and the key starts anew.
 * Where the release fails, the saga stays, and is resumed until it succeeds.
 */
static const Error *give_up(Placing *placing, const Error *error, PlacedOrder *ret_placed) {
        OrderUsecase *usecase = placing->draft.usecase;
        SagaStore *sagas = usecase->sagas;
        Saga *saga = placing->saga;
        Ctx afterwards = order_afterwards(placing->draft.ctx);

        saga->holds = placing->holding.may_hold;
        if (!saga->holds && !saga->idempotency_key)
                return error;
        const Error *problem = sagas->give_up(sagas, &afterwards, saga);
        if (problem && look_up(usecase, placing->draft.ctx, saga, ret_placed))
                return tell(placing->draft.ctx, ret_placed, error);
        if (problem) {
                release_what_nobody_knows(placing, &afterwards);
                return not_given_up(placing, error, problem);
        }
        problem = order_release_unwritten(usecase, &afterwards, saga);
        if (problem)
                order_postpone(usecase, &afterwards, saga, problem);
        if (is_uncertain(error))
                return error_wrap(placing->draft.ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error,
                                  "The order could not be written, and %s",
                                  problem ? "what is held for it is given back soon"
                                          : "nothing is left of it");
        return error;
}

/* Steps 6 and 7, and what the caller hears: where the order stands, whoever brought it there. */
static const Error *finish(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                           PlacedOrder *ret_placed) {
        const Error *error = fault_point(ctx, "order.after_write");

        if (!error)
                error = order_pay(usecase, ctx, order, saga);
        if (error) {
                order_postpone(usecase, ctx, saga, error);
                return look_up(usecase, ctx, saga, ret_placed) ? tell(ctx, ret_placed, error)
                                                               : order_pending(ctx, saga->order_id, error);
        }
        *ret_placed = (PlacedOrder) { .order = order };
        return order_outcome(ctx, order, NULL);
}

static const Error *place(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request, Saga *saga,
                          PlacedOrder *ret_placed) {
        Placing placing = {
                .draft = { .usecase = usecase, .ctx = ctx, .request = request, .order_id = saga->order_id },
                .saga = saga,
                .holding = { .usecase = usecase },
        };
        const Error *error = run_steps(&placing);

        if (error)
                return give_up(&placing, error, ret_placed);
        return finish(usecase, ctx, placing.draft.order, saga, ret_placed);
}

/* The first call with this key has been answered: the stored answer, or how its order ended. */
static const Error *replay(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, PlacedOrder *ret_placed) {
        Order *order;

        idempotency_mark_replay(ctx);
        if (saga->answer.n_bytes > 0) {
                *ret_placed = (PlacedOrder) { .answer = saga->answer };
                return NULL;
        }
        TRY(order_of_saga(usecase, ctx, saga, &order));
        *ret_placed = (PlacedOrder) { .order = order };
        return order_outcome(ctx, order, NULL);
}

const Error *order_place(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request,
                         PlacedOrder *ret_placed) {
        Order *order;
        Saga saga;
        bool is_mine;

        ctx_limit(ctx, usecase->deadline_ms);
        TRY(order_check_request(ctx, request));
        TRY(order_claim(usecase, ctx, request, &saga, &is_mine));
        ctx_about(ctx, "order", saga.order_id);
        if (!is_mine)
                return replay(usecase, ctx, &saga, ret_placed);
        if (saga.step == SAGA_CLAIMED)
                return place(usecase, ctx, request, &saga, ret_placed);
        TRY(order_of_saga(usecase, ctx, &saga, &order));
        return finish(usecase, ctx, order, &saga, ret_placed);
}
