/* The payment service, as the order business wants it. */
#pragma once

#include "biz/order/ports.h"
#include "payment/v1/payment.rpc.h"

/* source: 000 Timeout Management */
#define PAYMENT_TIMEOUT_MS 30000

typedef struct PaymentClient {
        Payments base;
        PaymentService *payments;
} PaymentClient;

void payment_client_init(PaymentClient *client, PaymentService *payments);
