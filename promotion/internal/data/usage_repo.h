/* Usages in PostgreSQL. */
#pragma once

#include "biz/promotion/usage.h"
#include "pg/batch.h"

/* Lives in arena; pool must outlive it. */
UsageRepo *promotion_usage_repo_new(Arena *arena, PgPool *pool);

/* What an event asks for. */
typedef struct OrderMove {
        const char *order_id;
        UsageMove move; /* USAGE_COMMIT, USAGE_RELEASE or USAGE_KEEP */
} OrderMove;

/* Adds the moves to the batch; an order that is committed and released by one batch ends released. */
void promotion_add_moves(PgBatch *batch, const OrderMove *moves, size_t n);
