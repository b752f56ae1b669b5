#include "order/v1/order.rpc.h"
#include "payment/v1/payment.rpc.h"
#include "server/server.h"
#include "warehouse/v1/warehouse.rpc.h"

static const Error *is_ready(void *app, Ctx *ctx) {
        return app_is_ready(app, ctx);
}

int main(int argc, char **argv) {
        GatewayConfig config = { 0 };
        AppSpec spec = { .program = "millrace-gateway", .summary = "REST in front of the services" };

        spec.n_variables = gateway_config_variables(&config, &spec.variables);
        App *app = app_new(&spec, argc, argv);
        GatewayServer *server =
                gateway_server_new(&config, app_admission(app), (Readiness) { app, is_ready });
        AppComponent component = gateway_server_component(server);

        gateway_server_route(server, &order_service_rpc, app_connect(app, config.order_target));
        gateway_server_route(server, &warehouse_service_rpc, app_connect(app, config.warehouse_target));
        gateway_server_route(server, &payment_service_rpc, app_connect(app, config.payment_target));
        app_component(app, &component);
        int code = app_run(app);
        gateway_server_free(server);
        return code;
}
