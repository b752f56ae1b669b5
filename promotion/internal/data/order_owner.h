/* The order service as the one who knows what became of the orders behind holds. */
#pragma once

#include "biz/promotion/usage.h"
#include "order/v1/order.rpc.h"

/* Lives in arena; orders must outlive it. */
UsageOwner *promotion_order_owner_new(Arena *arena, OrderService *orders);
