/* Assembly of the payment service, and its life in the process. */
#pragma once

#include "app/app.h"
#include "payment/v1/payment.rpc.h"

typedef struct PaymentConfig {
        const char *dsn;
        int64_t n_connections;
        int64_t timeout_ms;       /* of one attempt to take a payment */
        int64_t sandbox_delay_ms; /* how long the sandbox keeps a caller waiting whose answer it loses */
} PaymentConfig;

/* The variables fill in config; the table is static. */
size_t payment_config_variables(PaymentConfig *config, const ConfigVariable **ret_variables);

typedef struct PaymentServer PaymentServer;

/* Does nothing before its component starts; config is copied, its texts are borrowed. */
PaymentServer *payment_server_new(const PaymentConfig *config);

/* The implementation, to be served or called in this process; lives as long as server. */
PaymentService *payment_server_interface(PaymentServer *server);

AppComponent payment_server_component(PaymentServer *server);
void payment_server_free(PaymentServer *server); /* after its component has stopped; accepts NULL */
