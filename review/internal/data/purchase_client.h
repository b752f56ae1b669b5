/* The order service as the one who knows what was bought. */
#pragma once

#include "biz/review/review.h"
#include "order/v1/order.rpc.h"

/* How long a review waits for its order. */
#define REVIEW_ORDER_TIMEOUT_MS 5000

/* Lives in arena; orders must outlive it. */
Purchases *review_purchase_client_new(Arena *arena, OrderService *orders);
