/* Inventory in PostgreSQL. */
#pragma once

#include "biz/inventory/inventory.h"
#include "pg/batch.h"

/* Lives in arena; pool must outlive it. */
InventoryRepo *warehouse_repo_new(Arena *arena, PgPool *pool);

/* What an event asks for. */
typedef struct OrderMove {
        const char *order_id;
        ReservationMove move; /* RESERVATION_CONFIRM, RESERVATION_RELEASE or RESERVATION_KEEP */
} OrderMove;

/* Adds the moves to the batch; an order that is confirmed and released by one batch ends released. */
void warehouse_add_moves(PgBatch *batch, const OrderMove *moves, size_t n);
