/*
 * What the order service does without being asked: it settles confirmed orders, resumes sagas whose owner
 * died or whose pause is over, renews the leases of its own, and forgets done ones.
 */
#pragma once

#include "app/part.h"
#include "biz/order/usecase.h"
#include "server/server.h"

/*
 * Threads that find out about payments, so that a slow one holds up no other; as many that ask shipping
 * whether orders may be cancelled, and as many that give back.
 */
#define SAGA_RESUME_THREADS 4

/* Sagas that a thread takes over at a time. */
#define SAGA_RESUME_BATCH 4

/*
 * Adds the loops to the part, and returns what wakes the one that settles. usecase outlives the part's loops,
 * and may still be incomplete.
 */
Wakeups *order_saga_runner_new(AppPart *part, OrderUsecase *usecase, const OrderConfig *config);
