/* Every service in one process: what calls another here calls its implementation. */
#include <stdlib.h>
#include <string.h>

#include "gateway/internal/server/server.h"
#include "order/internal/server/server.h"
#include "outbox-relay/internal/server/server.h"
#include "payment/internal/server/server.h"
#include "warehouse/internal/server/server.h"

#define MAX_VARIABLES 128

typedef struct Config {
        PaymentConfig payment;
        WarehouseConfig warehouse;
        OrderConfig order;
        RelayConfig relay;
        GatewayConfig gateway;
} Config;

static void add(AppSpec *spec, const ConfigVariable *variables, size_t n) {
        static ConfigVariable all[MAX_VARIABLES];

        if (spec->n_variables + n > MAX_VARIABLES)
                abort();
        memcpy(all + spec->n_variables, variables, n * sizeof(ConfigVariable));
        spec->variables = all;
        spec->n_variables += n;
}

static void add_variables(AppSpec *spec, Config *config) {
        const ConfigVariable *variables;
        size_t n;

        n = payment_config_variables(&config->payment, &variables);
        add(spec, variables, n);
        n = warehouse_config_variables(&config->warehouse, &variables);
        add(spec, variables, n);
        n = order_config_variables(&config->order, &variables);
        add(spec, variables, n);
        n = relay_config_variables(&config->relay, &variables);
        add(spec, variables, n);
        n = gateway_config_variables(&config->gateway, &variables);
        add(spec, variables, n);
}

static const Error *is_ready(void *app, Ctx *ctx) {
        return app_is_ready(app, ctx);
}

int main(int argc, char **argv) {
        Config config = { 0 };
        AppSpec spec = { .program = "millrace", .summary = "The order platform in one process" };

        add_variables(&spec, &config);
        App *app = app_new(&spec, argc, argv);
        Bus *bus = bus_new(&config.relay.bus);
        PaymentServer *payment = payment_server_new(&config.payment);
        WarehouseServer *warehouse = warehouse_server_new(&config.warehouse, bus);
        WarehouseService *stock = warehouse_server_interface(warehouse);
        PaymentService *payments = payment_server_interface(payment);
        OrderServer *order = order_server_new(&config.order, stock, payments);
        OrderService *orders = order_server_interface(order);
        RelayServer *relay = relay_server_new(&config.relay, bus);
        GatewayServer *gateway =
                gateway_server_new(&config.gateway, app_admission(app), (Readiness) { app, is_ready });
        RpcChannel *channels[] = {
                rpc_local_channel_new(&order_service_rpc, orders),
                rpc_local_channel_new(&warehouse_service_rpc, stock),
                rpc_local_channel_new(&payment_service_rpc, payments),
        };
        AppComponent components[] = {
                payment_server_component(payment), warehouse_server_component(warehouse),
                order_server_component(order),     relay_server_component(relay),
                gateway_server_component(gateway),
        };

        warehouse_server_set_orders(warehouse, orders);
        gateway_server_route(gateway, &order_service_rpc, channels[0]);
        gateway_server_route(gateway, &warehouse_service_rpc, channels[1]);
        gateway_server_route(gateway, &payment_service_rpc, channels[2]);
        app_serve(app, &order_service_rpc, orders);
        app_serve(app, &warehouse_service_rpc, stock);
        app_serve(app, &payment_service_rpc, payments);
        for (size_t i = 0; i < sizeof(components) / sizeof(components[0]); i++)
                app_component(app, &components[i]);

        int code = app_run(app);
        gateway_server_free(gateway);
        for (size_t i = 0; i < sizeof(channels) / sizeof(channels[0]); i++)
                rpc_local_channel_free(channels[i]);
        relay_server_free(relay);
        order_server_free(order);
        warehouse_server_free(warehouse);
        payment_server_free(payment);
        bus_free(bus);
        return code;
}
