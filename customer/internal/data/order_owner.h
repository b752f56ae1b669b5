/* Asks the order service what became of the orders behind holds of points. */
#pragma once

#include "biz/points/points.h"
#include "order/v1/order.rpc.h"

/* Lives in arena; orders outlives it. */
PointsOwner *customer_order_owner_new(Arena *arena, OrderService *orders);
