#include "server/saga_runner.h"

#include <stdlib.h>

#include "base/log.h"
#include "server/loop.h"

/* A saga that is resumed may take this long before the next one's turn. */
#define RESUME_TIMEOUT_MS 30000
#define SETTLE_TIMEOUT_MS 10000

/* A lease is renewed this many times before it would run out. */
#define RENEWALS_PER_LEASE 3
#define SWEEP_INTERVAL_MS 60000

enum { LOOP_SETTLE, LOOP_RENEW, LOOP_SWEEP, LOOP_RESUME, N_LOOPS = LOOP_RESUME + SAGA_RESUME_THREADS };

struct SagaRunner {
        Wakeups wakeups;
        OrderUsecase *usecase;
        PgSagaStore *store;
        int64_t resume_interval_ms;
        int64_t settle_interval_ms;
        OrderLoop *loops[N_LOOPS];
};

static const Error *settle(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;
        size_t n;

        ctx_limit(ctx, SETTLE_TIMEOUT_MS);
        TRY(order_settle(runner->usecase, ctx, &n));
        *ret_more = n == ORDER_SETTLE_BATCH;
        return NULL;
}

static void resume_one(SagaRunner *runner, const Ctx *ctx, Saga *saga) {
        Ctx call = *ctx;

        ctx_limit(&call, RESUME_TIMEOUT_MS);
        const Error *error = order_resume(runner->usecase, &call, saga);
        if (error)
                log_warning("a saga goes on later", log_text("order", saga->order_id),
                            log_number("attempts", saga->attempts), log_cause(ctx->arena, error));
}

static const Error *resume(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;
        Saga *sagas;
        size_t n;

        TRY(order_take_due(runner->usecase, ctx, SAGA_RESUME_BATCH, &sagas, &n));
        for (size_t i = 0; i < n; i++)
                resume_one(runner, ctx, &sagas[i]);
        *ret_more = n == SAGA_RESUME_BATCH;
        return NULL;
}

static const Error *renew(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;

        (void) ret_more;
        return saga_store_renew(runner->store, ctx);
}

static const Error *sweep(void *arg, Ctx *ctx, bool *ret_more) {
        SagaRunner *runner = arg;

        (void) ret_more;
        return saga_store_sweep(runner->store, ctx);
}

static void wake_settle(Wakeups *self) {
        SagaRunner *runner = (SagaRunner *) self;

        order_loop_wake(runner->loops[LOOP_SETTLE]);
}

SagaRunner *saga_runner_new(OrderUsecase *usecase, PgSagaStore *store, int64_t resume_interval_ms,
                            int64_t settle_interval_ms) {
        SagaRunner *runner = calloc(1, sizeof(SagaRunner));

        if (!runner)
                abort();
        runner->wakeups.settle = wake_settle;
        runner->usecase = usecase;
        runner->store = store;
        runner->resume_interval_ms = resume_interval_ms;
        runner->settle_interval_ms = settle_interval_ms;
        return runner;
}

static void start(SagaRunner *runner, int loop, const char *name, int64_t interval_ms,
                  const Error *(*round)(void *arg, Ctx *ctx, bool *ret_more)) {
        runner->loops[loop] = order_loop_start(
                &(OrderLoopSpec) { .name = name, .interval_ms = interval_ms, .arg = runner, .round = round });
}

void saga_runner_start(SagaRunner *runner) {
        start(runner, LOOP_SETTLE, "settle", runner->settle_interval_ms, settle);
        start(runner, LOOP_RENEW, "renew leases", runner->store->lease_ms / RENEWALS_PER_LEASE, renew);
        start(runner, LOOP_SWEEP, "sweep answers", SWEEP_INTERVAL_MS, sweep);
        for (int i = LOOP_RESUME; i < N_LOOPS; i++)
                start(runner, i, "resume sagas", runner->resume_interval_ms, resume);
}

void saga_runner_stop(SagaRunner *runner) {
        for (int i = 0; i < N_LOOPS; i++) {
                order_loop_stop(runner->loops[i]);
                runner->loops[i] = NULL;
        }
}

void saga_runner_free(SagaRunner *runner) {
        if (!runner)
                return;
        saga_runner_stop(runner);
        free(runner);
}

Wakeups *saga_runner_wakeups(SagaRunner *runner) {
        return &runner->wakeups;
}
