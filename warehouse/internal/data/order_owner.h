/* The order service as the one who knows what became of the orders behind reservations. */
#pragma once

#include "biz/inventory/inventory.h"
#include "order/v1/order.rpc.h"

/* Lives in arena; orders must outlive it. */
ReservationOwner *warehouse_order_owner_new(Arena *arena, OrderService *orders);
