/* The payment service, as the order business wants it. */
#pragma once

#include "biz/order/ports.h"
#include "payment/v1/payment.rpc.h"

/* source: 000 Timeout Management */
#define PAYMENT_TIMEOUT_MS 30000

/* Lives in arena; the service outlives it. */
Payments *order_payment_client_new(Arena *arena, PaymentService *payments);
