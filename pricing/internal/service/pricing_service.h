/* The pricing RPCs: messages in, prices and rules, messages out. */
#pragma once

#include "biz/pricing/pricing.h"
#include "pricing/v1/pricing.rpc.h"

/* Lives in arena; pricing must outlive it. */
PricingService *pricing_service_new(Arena *arena, PricingUsecase *pricing);
