/* Orders as rows: each write is one pipelined transaction with the order's history, saga and event. */
#pragma once

#include "biz/order/ports.h"
#include "pg/pool.h"

/*
 * An order row must be written this long before its hold runs out: more than a commit takes and clocks
 * differ, so that the warehouse never frees a hold whose order is just being committed.
 */
#define ORDER_HOLD_MARGIN_MS 60000

/* Lives in arena. sagas: of order_saga_store_new */
OrderRepo *order_repo_new(Arena *arena, PgPool *pool, SagaStore *sagas);
