/*
 * Assembly of the warehouse: its service, the consumer of order events, the sweeper, and their life in the
 * process.
 */
#pragma once

#include "app/app.h"
#include "bus/bus.h"
#include "order/v1/order.rpc.h"
#include "warehouse/v1/warehouse.rpc.h"

typedef struct WarehouseConfig {
        const char *dsn;
        int64_t n_connections;
        int64_t hold_ms;           /* how long a reservation lasts */
        int64_t sweep_interval_ms; /* between looks for expired reservations */
        int64_t ack_wait_ms;       /* after which an event that was not acknowledged comes again */
        int64_t inbox_hours;       /* how long the inbox remembers an order that nothing happens to */
        const char *order_target;  /* for whoever connects to the order service */
        BusConfig bus;             /* for whoever makes the bus */
} WarehouseConfig;

/* The variables fill in config; the table is static. */
size_t warehouse_config_variables(WarehouseConfig *config, const ConfigVariable **ret_variables);

typedef struct WarehouseServer WarehouseServer;

/* Does nothing before its component starts; config is copied, its texts and bus are borrowed. */
WarehouseServer *warehouse_server_new(const WarehouseConfig *config, Bus *bus);

/*
 * Who is asked about expired reservations; given before the component starts, since orders need the warehouse
 * first.
 */
void warehouse_server_set_orders(WarehouseServer *server, OrderService *orders);

/* The implementation, to be served or called in this process; lives as long as server. */
WarehouseService *warehouse_server_interface(WarehouseServer *server);

AppComponent warehouse_server_component(WarehouseServer *server);
void warehouse_server_free(WarehouseServer *server); /* after its component has stopped; accepts NULL */
