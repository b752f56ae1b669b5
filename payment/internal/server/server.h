/* The payment service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct PaymentConfig {
        int64_t timeout_ms;       /* of one attempt to take a payment */
        int64_t sandbox_delay_ms; /* how long the sandbox keeps a caller waiting whose answer it loses */
} PaymentConfig;

extern const AppService payment_app_service;
