/* The payment service, as the order business wants it. */
#pragma once

#include "base/callee.h"
#include "biz/order/ports.h"
#include "payment/v1/payment.rpc.h"

/* source: 000 Timeout Management */
#define PAYMENT_TIMEOUT_MS 30000

typedef struct PaymentClient {
        Payments base;
        PaymentService *payments;
        CalleeMethod *validate, *process; /* what gives money back is never refused */
} PaymentClient;

/* What it needs lives in arena. */
void order_payment_client_init(PaymentClient *client, Arena *arena, PaymentService *payments);
