/* The shipping service, as the order business wants it. */
#pragma once

#include "biz/order/ports.h"
#include "shipping/v1/shipping.rpc.h"

/* source: 000 Timeout Management */
#define SHIPPING_TIMEOUT_MS 5000

/* Lives in arena; the service outlives it. */
Shipping *order_shipping_client_new(Arena *arena, ShippingService *shipping);
