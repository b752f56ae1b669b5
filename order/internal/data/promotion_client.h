/* The promotion service, as the order business wants it. */
#pragma once

#include "biz/order/ports.h"
#include "promotion/v1/promotion.rpc.h"

/* An evaluation takes this at most. */
#define PROMOTION_TIMEOUT_MS 3000

/* What holds, counts or gives back uses takes this at most. */
#define USAGE_TIMEOUT_MS 5000

/* Of a product's categories promotion takes so many, the nearest. */
#define PROMOTION_MAX_CATEGORIES 20

/* Lives in arena; the service outlives it. */
Promotions *order_promotion_client_new(Arena *arena, PromotionService *promotions);
