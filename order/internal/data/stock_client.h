/* The warehouse, as the order business wants it. */
#pragma once

#include "biz/order/ports.h"
#include "warehouse/v1/warehouse.rpc.h"

/* A call to the warehouse takes this at most. */
#define STOCK_TIMEOUT_MS 5000

typedef struct StockClient {
        Stock base;
        WarehouseService *warehouse;
} StockClient;

void stock_client_init(StockClient *client, WarehouseService *warehouse);
