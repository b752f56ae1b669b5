#include "server/saga_runner.h"

#include "base/log.h"
#include "data/saga_store.h"

/* A saga that is resumed may take this long before the next one's turn. */
#define RESUME_TIMEOUT_MS 30000
#define SETTLE_TIMEOUT_MS 10000

/* Nobody waits for it, and confirming many holds at once costs little more than one. */
#define SETTLE_GATHER_MS 50

/* A lease is renewed this many times before it would run out. */
#define RENEWALS_PER_LEASE 3
#define SWEEP_INTERVAL_MS 60000
#define SWEEP_BATCH 1000

/* What a loop resumes. */
typedef struct Resuming {
        OrderUsecase *usecase;
        OrderWork work;
} Resuming;

typedef struct SagaRunner {
        Wakeups wakeups;
        OrderUsecase *usecase;
        Resuming paying, cancelling, giving_back;
        Loop *settling;
} SagaRunner;

static const Error *settle(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;
        size_t n;

        ctx_limit(ctx, SETTLE_TIMEOUT_MS);
        TRY(order_settle(runner->usecase, ctx, &n));
        *ret_more = n == ORDER_SETTLE_BATCH;
        return NULL;
}

static void resume_one(OrderUsecase *usecase, const Ctx *ctx, Saga *saga) {
        Ctx call = ctx_for_call(ctx, RESUME_TIMEOUT_MS);
        const Error *error = order_resume(usecase, &call, saga);

        if (error)
                log_warning("a saga goes on later", log_text("order", saga->order_id),
                            log_number("attempts", saga->attempts), log_cause(ctx->arena, error));
}

static const Error *resume(void *arg, Ctx *ctx, bool *ret_more) {
        const Resuming *resuming = arg;
        OrderUsecase *usecase = resuming->usecase;
        Saga *sagas;
        size_t n;

        TRY(order_take_due(usecase, ctx, resuming->work, SAGA_RESUME_BATCH, &sagas, &n));
        for (size_t i = 0; i < n; i++)
                resume_one(usecase, ctx, &sagas[i]);
        *ret_more = n == SAGA_RESUME_BATCH;
        return NULL;
}

static const Error *renew(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;

        (void) ret_more;
        return order_saga_store_renew(runner->usecase->sagas, ctx);
}

static const Error *sweep(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;
        size_t n;

        TRY(order_saga_store_sweep(runner->usecase->sagas, ctx, SWEEP_BATCH, &n));
        *ret_more = n == SWEEP_BATCH;
        return NULL;
}

static void wake_settle(Wakeups *self) {
        SagaRunner *runner = (SagaRunner *) self;

        loop_wake(runner->settling);
}

/* Loops stop in reverse: the leases are renewed until nobody works any more. */
static void add_loops(AppPart *part, SagaRunner *runner, const OrderConfig *config) {
        const LoopSpec settling = { "settle", config->settle_interval_ms, runner, settle, SETTLE_GATHER_MS };
        const LoopSpec renewing = { "renew leases", config->lease_ms / RENEWALS_PER_LEASE, runner, renew };
        const LoopSpec sweeping = { "sweep sagas", SWEEP_INTERVAL_MS, runner, sweep };
        const LoopSpec paying = { "resume payments", config->runner_interval_ms, &runner->paying, resume };
        const LoopSpec cancelling = { "resume cancellations", config->runner_interval_ms,
                                      &runner->cancelling, resume };
        const LoopSpec giving_back = { "give back", config->runner_interval_ms, &runner->giving_back,
                                       resume };

        app_part_loop(part, &renewing);
        app_part_loop(part, &sweeping);
        runner->settling = app_part_loop(part, &settling);
        for (int i = 0; i < SAGA_RESUME_THREADS; i++) {
                app_part_loop(part, &paying);
                app_part_loop(part, &cancelling);
                app_part_loop(part, &giving_back);
        }
}

Wakeups *order_saga_runner_new(AppPart *part, OrderUsecase *usecase, const OrderConfig *config) {
        SagaRunner *runner = ARENA_NEW(app_part_arena(part), SagaRunner);

        *runner = (SagaRunner) {
                .wakeups.settle = wake_settle,
                .usecase = usecase,
                .paying = { usecase, ORDER_WORK_PAY },
                .cancelling = { usecase, ORDER_WORK_CANCEL },
                .giving_back = { usecase, ORDER_WORK_GIVE_BACK },
        };
        add_loops(part, runner, config);
        return &runner->wakeups;
}
