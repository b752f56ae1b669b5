/* The warehouse, as the order business wants it. */
#pragma once

#include "base/callee.h"
#include "biz/order/ports.h"
#include "warehouse/v1/warehouse.rpc.h"

/* A call to the warehouse takes this at most. */
#define STOCK_TIMEOUT_MS 5000

typedef struct StockClient {
        Stock base;
        WarehouseService *warehouse;
        CalleeMethod *reserve, *confirm; /* what gives stock back is never refused */
} StockClient;

/* What it needs lives in arena. */
void order_stock_client_init(StockClient *client, Arena *arena, WarehouseService *warehouse);
