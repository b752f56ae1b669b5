#include "base/fault.h"
#include "base/many.h"
#include "base/task.h"
#include "biz/order/order_private.h"

/* The kinds of what orders hold, and confirming sells or counts. */
typedef enum Kind { STOCK, USES, POINTS, N_KINDS } Kind;

/* How confirming went for one order; what it holds none of is done. */
typedef struct Confirmed {
        ConfirmState states[N_KINDS];
        const Error *errors[N_KINDS];
} Confirmed;

/* ret_states has room for n: one per order id. */
typedef const Error *(*Confirm)(OrderUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n,
                                ConfirmState *ret_states);

static const Error *confirm_stock(OrderUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n,
                                  ConfirmState *ret_states) {
        return usecase->stock->confirm(usecase->stock, ctx, order_ids, n, ret_states);
}

static const Error *commit_uses(OrderUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n,
                                ConfirmState *ret_states) {
        TRY(usecase->promotions->commit(usecase->promotions, ctx, order_ids, n, ret_states));
        return fault_point(ctx, "order.after_usage_commit");
}

static const Error *commit_points(OrderUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n,
                                  ConfirmState *ret_states) {
        TRY(usecase->points->commit(usecase->points, ctx, order_ids, n, ret_states));
        return fault_point(ctx, "order.after_points_commit");
}

static const struct {
        unsigned holds;
        Confirm confirm;
        const char *problem; /* of what could not be confirmed */
        const char *review;  /* of what is lost and leaves the paid order as it is; NULL: it does not */
} kinds[N_KINDS] = {
        [STOCK] = { HOLDS_STOCK, confirm_stock, "The hold was not confirmed", NULL },
        [USES] = { HOLDS_USES, commit_uses, "The uses of promotions were not counted",
                   "Confirmed, but the uses of its promotions were given back" },
        [POINTS] = { HOLDS_POINTS, commit_points, "The points were not counted as used",
                     "Confirmed, but the points that it uses were given back" },
};

/* NULL: none */
static const Error *error_of(const Confirmed *confirmed) {
        for (Kind kind = 0; kind < N_KINDS; kind++)
                if (confirmed->errors[kind])
                        return confirmed->errors[kind];
        return NULL;
}

static bool is_lost_for_good(const Confirmed *confirmed, Kind kind) {
        return confirmed->states[kind] == CONFIRM_LOST && kinds[kind].review;
}

static const char *problem_of(const Confirmed *confirmed) {
        const Error *error = error_of(confirmed);

        if (error)
                return error->message;
        for (Kind kind = 0; kind < N_KINDS; kind++)
                if (confirmed->states[kind] != CONFIRM_DONE && !is_lost_for_good(confirmed, kind))
                        return kinds[kind].problem;
        return NULL;
}

static const char *review_of(const Confirmed *confirmed) {
        for (Kind kind = 0; kind < N_KINDS; kind++)
                if (is_lost_for_good(confirmed, kind))
                        return kinds[kind].review;
        return NULL;
}

/* A paid order whose uses or points are gone stays as it was sold, and a person hears of it. */
static Settlement settlement_of(const Saga *saga, const Confirmed *confirmed) {
        return (Settlement) {
                .saga = saga,
                .problem = problem_of(confirmed),
                .pause_ms = order_pause_after_ms(saga->attempts),
                .review = review_of(confirmed),
        };
}

/* True when the warehouse will never hold this order's stock again. */
static bool is_final(const Error *error) {
        return error->code == ERROR_FAILED_PRECONDITION || error_is(error, REASON_HOLD_EXPIRED);
}

/*
 * The order has no stock any more: its saga goes on with asking shipping. Where nothing was shipped the order
 * fails and its money goes back, else it stays as it was sold; a person is told why either way.
 */
static const Error *go_on_without_stock(OrderUsecase *usecase, Ctx *ctx, Order *order, const Saga *settling,
                                        const Error *why) {
        const char *review = arena_printf(ctx->arena, "Confirmed, but its stock is gone: %s", why->message);
        Saga saga = *settling;

        saga.holds &= ~(unsigned) HOLDS_STOCK;
        saga.back_to = SAGA_SETTLE;
        saga.cancel_reason = review;
        order_saga_at(&saga, SAGA_CANCEL, SAGA_FREE);
        saga.attempts = settling->attempts;
        return order_change(usecase, ctx, order, &saga,
                            (OrderMove) { .to = order->status, .review = review });
}

/*
 * A confirmed order whose hold does not exist any more: its stock is held once more and sold, where that can
 * be.
 *
 * ret_is_without_stock   true: its saga goes on without stock
 */
static const Error *settle_lost(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, ConfirmState *ret_state,
                                bool *ret_is_without_stock) {
        Stock *stock = usecase->stock;
        int64_t expires_at_us;
        Order *order;

        TRY(order_of_saga(usecase, ctx, saga, &order));
        const Error *error = stock->reserve(stock, ctx, order, &expires_at_us);
        if (!error)
                return stock->confirm(stock, ctx, &saga->order_id, 1, ret_state);
        if (!is_final(error))
                return error;
        TRY(go_on_without_stock(usecase, ctx, order, saga, error));
        *ret_is_without_stock = true;
        return NULL;
}

/* What is confirmed of one kind, of those orders that hold some. */
typedef struct Confirming {
        OrderUsecase *usecase;
        Kind kind;
        const char **order_ids;
        size_t *places; /* of these orders among all */
        size_t n;
        ConfirmState *states;
        const Error **errors;
} Confirming;

static Confirming confirming_of(OrderUsecase *usecase, Ctx *ctx, const Saga *sagas, size_t n, Kind kind) {
        Confirming confirming = {
                .usecase = usecase,
                .kind = kind,
                .order_ids = ARENA_ARRAY(ctx->arena, const char *, n),
                .places = ARENA_ARRAY(ctx->arena, size_t, n),
                .states = ARENA_ARRAY(ctx->arena, ConfirmState, n),
                .errors = ARENA_ARRAY(ctx->arena, const Error *, n),
        };

        for (size_t i = 0; i < n; i++) {
                if (!(sagas[i].holds & kinds[kind].holds))
                        continue;
                confirming.order_ids[confirming.n] = sagas[i].order_id;
                confirming.places[confirming.n++] = i;
        }
        return confirming;
}

static const Error *confirm_some(void *arg, Ctx *ctx, size_t first, size_t n) {
        const Confirming *confirming = arg;

        return kinds[confirming->kind].confirm(confirming->usecase, ctx, &confirming->order_ids[first], n,
                                               &confirming->states[first]);
}

static const Error *confirm_kind(Ctx *ctx, void *arg) {
        const Confirming *confirming = arg;

        many_run(ctx, confirm_some, arg, confirming->n, confirming->errors);
        return NULL;
}

static void note(const Confirming *confirming, Confirmed *all) {
        for (size_t i = 0; i < confirming->n; i++) {
                Confirmed *one = &all[confirming->places[i]];

                one->states[confirming->kind] = confirming->states[i];
                one->errors[confirming->kind] = confirming->errors[i];
        }
}

/* All kinds side by side; ret_confirmed: one per saga. */
static const Error *confirm_all(OrderUsecase *usecase, Ctx *ctx, const Saga *sagas, size_t n,
                                Confirmed *ret_confirmed) {
        TaskGroup *group = task_group_new(ctx);
        Confirming of_kind[N_KINDS];

        for (Kind kind = 0; kind < N_KINDS; kind++) {
                of_kind[kind] = confirming_of(usecase, ctx, sagas, n, kind);
                if (of_kind[kind].n > 0)
                        task_run(group, confirm_kind, &of_kind[kind]);
        }
        TRY(task_join(group));
        for (Kind kind = 0; kind < N_KINDS; kind++)
                note(&of_kind[kind], ret_confirmed);
        return NULL;
}

/* ret_n: settlements; an order that goes on without stock is none of them. ret_problem: the first one */
static const Error *confirm_holds(OrderUsecase *usecase, Ctx *ctx, const Saga *sagas, size_t n,
                                  Settlement *settlements, size_t *ret_n, const Error **ret_problem) {
        Confirmed *all = ARENA_ARRAY(ctx->arena, Confirmed, n);
        const Error *problem = NULL;

        *ret_n = 0;
        TRY(confirm_all(usecase, ctx, sagas, n, all));
        for (size_t i = 0; i < n; i++) {
                Confirmed *one = &all[i];
                bool goes_on = false;

                if (!problem)
                        problem = error_of(one);
                if (!one->errors[STOCK] && one->states[STOCK] == CONFIRM_LOST)
                        one->errors[STOCK] =
                                settle_lost(usecase, ctx, &sagas[i], &one->states[STOCK], &goes_on);
                if (!goes_on)
                        settlements[(*ret_n)++] = settlement_of(&sagas[i], one);
        }
        *ret_problem = problem;
        return NULL;
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
        const Error *problem;
        size_t n_settlements;

        TRY(fault_point(ctx, "order.before_settle"));
        TRY(confirm_holds(usecase, ctx, sagas, n, settlements, &n_settlements, &problem));
        TRY(fault_point(ctx, "order.after_settle"));
        TRY(write_settlements(usecase, ctx, settlements, n_settlements));
        return problem;
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
