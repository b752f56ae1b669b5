/*
 * Looks for expired reservations again and again, and has them resolved; any number of processes may do so at
 * once.
 */
#pragma once

#include "biz/inventory/inventory.h"

typedef struct Sweeper Sweeper;

/* Starts its thread; inventory must outlive it. */
Sweeper *warehouse_sweeper_new(InventoryUsecase *inventory, int64_t interval_ms);

/* Finishes the sweep at hand, then ends the thread. Accepts NULL. */
void warehouse_sweeper_free(Sweeper *sweeper);
