/* Assembly of the order service, and its life in the process. */
#pragma once

#include "app/app.h"
#include "order/v1/order.rpc.h"
#include "payment/v1/payment.rpc.h"
#include "warehouse/v1/warehouse.rpc.h"

typedef struct OrderConfig {
        const char *dsn;
        int64_t n_connections;
        int64_t deadline_ms;          /* PlaceOrder takes this at most */
        int64_t hold_ms;              /* the warehouse's: how long stock is held */
        int64_t lease_ms;             /* without renewal a saga's owner counts as dead after this */
        int64_t runner_interval_ms;   /* between looks for sagas to resume */
        int64_t settle_interval_ms;   /* between looks for holds to confirm, when nothing wakes it */
        int64_t unpaid_limit;         /* orders of one customer at a time; 0: any number */
        int64_t declines_limit;       /* of one customer in declines_minutes; 0: any number */
        int64_t declines_minutes;
        const char *relay_hint;       /* the relay's socket, told after each commit; "": none */
        const char *warehouse_target; /* for whoever connects, as is payment_target */
        const char *payment_target;
} OrderConfig;

/* The variables fill in config; the table is static. */
size_t order_config_variables(OrderConfig *config, const ConfigVariable **ret_variables);

typedef struct OrderServer OrderServer;

/* Does nothing before its component starts; config is copied, its texts and the services are borrowed. */
OrderServer *order_server_new(const OrderConfig *config, WarehouseService *warehouse,
                              PaymentService *payment);

/* The implementation, to be served or called in this process; lives as long as server. */
OrderService *order_server_interface(OrderServer *server);

AppComponent order_server_component(OrderServer *server);
void order_server_free(OrderServer *server); /* after its component has stopped; accepts NULL */
