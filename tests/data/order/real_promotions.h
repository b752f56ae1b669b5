/* The promotion service itself, on a database of its own, without its loops. */
#pragma once

#include "order/v1/order.rpc.h"
#include "promotion/v1/promotion.rpc.h"

/* orders: whom it asks about holds. Lives until the test ends, as *ret_dsn does. */
PromotionService *real_promotions_new(OrderService *orders, const char **ret_dsn);
