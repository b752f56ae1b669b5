/* The warehouse, as the order business wants it. */
#pragma once

#include "biz/order/ports.h"
#include "warehouse/v1/warehouse.rpc.h"

/* A call to the warehouse takes this at most. */
#define STOCK_TIMEOUT_MS 5000

/* Lives in arena; the service outlives it. */
Stock *order_stock_client_new(Arena *arena, WarehouseService *warehouse);
