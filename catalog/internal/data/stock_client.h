/* Stock from the warehouse service. */
#pragma once

#include "biz/catalog/complete.h"
#include "warehouse/v1/warehouse.rpc.h"

/* Lives in arena; warehouse must outlive it. */
Stock *catalog_stock_client_new(Arena *arena, WarehouseService *warehouse);
