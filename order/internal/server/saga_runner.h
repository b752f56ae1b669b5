/*
 * What the order service does without being asked: it settles confirmed orders, resumes sagas whose owner
 * died or whose pause is over, renews the leases of its own, and forgets done ones.
 */
#pragma once

#include "biz/order/usecase.h"
#include "data/saga_store.h"

/*
 * Threads that find out about payments, so that a slow one does not hold up the others; and as many that give
 * back.
 */
#define SAGA_RESUME_THREADS 4

/* Sagas that a thread takes over at a time. */
#define SAGA_RESUME_BATCH 4

typedef struct SagaRunner SagaRunner;

/* Lives in arena. usecase may still be incomplete, until the runner is started. */
SagaRunner *order_saga_runner_new(Arena *arena, OrderUsecase *usecase, PgSagaStore *store,
                                  int64_t resume_interval_ms, int64_t settle_interval_ms);

void order_saga_runner_start(SagaRunner *runner);

/* Waits for what is under way. Harmless when it does not run. */
void order_saga_runner_stop(SagaRunner *runner);

/* For the use case: wakes the loop that settles. */
Wakeups *order_saga_runner_wakeups(SagaRunner *runner);
