/* Pricing, as the order business wants it; while it does not answer, what it said last. */
#pragma once

#include "base/last_said.h"
#include "biz/order/ports.h"
#include "pricing/v1/pricing.rpc.h"

/* Prices are a part of what a product is asked for. source: 000 Timeout Management */
#define PRICING_TIMEOUT_MS 3000

/* Lives in arena; the service outlives it. said: of this client alone */
Prices *order_pricing_client_new(Arena *arena, PricingService *pricing, LastSaid *said);
