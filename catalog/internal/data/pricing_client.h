/* Prices from the pricing service. */
#pragma once

#include "biz/catalog/complete.h"
#include "pricing/v1/pricing.rpc.h"

/* Lives in arena; pricing must outlive it. */
Prices *catalog_pricing_client_new(Arena *arena, PricingService *pricing);
