/* The shipping RPCs: messages in, quotes, rules and shipments, messages out. */
#pragma once

#include "biz/shipping/fulfilment.h"
#include "biz/shipping/tariff.h"
#include "shipping/v1/shipping.rpc.h"

/* Lives in arena; tariff and fulfilments must outlive it. */
ShippingService *shipping_service_new(Arena *arena, Tariff *tariff, FulfilmentUsecase *fulfilments);
