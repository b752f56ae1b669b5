/* Inventory in PostgreSQL. */
#pragma once

#include "biz/inventory/inventory.h"
#include "pg/pool.h"

/* The name of the warehouse's durable consumer and of its rows in the inbox. */
#define WAREHOUSE_CONSUMER "warehouse"

/* Lives in arena; pool must outlive it. */
InventoryRepo *inventory_repo_new(Arena *arena, PgPool *pool);
