/* The warehouse's RPCs: messages in, inventory, messages out. */
#pragma once

#include "biz/inventory/inventory.h"
#include "warehouse/v1/warehouse.rpc.h"

/* Lives in arena; inventory must outlive it. */
WarehouseService *warehouse_service_new(Arena *arena, InventoryUsecase *inventory);
