#include "order/v1/order.rpc.h"
#include "payment/v1/payment.rpc.h"
#include "server/server.h"
#include "server/upstreams.h"
#include "warehouse/v1/warehouse.rpc.h"

static const Error *is_ready(void *upstreams, Ctx *ctx) {
        return upstreams_are_ready(upstreams, ctx);
}

int main(int argc, char **argv) {
        GatewayConfig config = { 0 };
        AppSpec spec = { .program = "millrace-gateway", .summary = "REST in front of the services" };
        Upstreams upstreams = { 0 };

        spec.n_variables = gateway_config_variables(&config, &spec.variables);
        App *app = app_new(&spec, argc, argv);
        RpcChannel *order = upstreams_add(&upstreams, "order", app_connect(app, config.order_target));
        RpcChannel *warehouse =
                upstreams_add(&upstreams, "warehouse", app_connect(app, config.warehouse_target));
        RpcChannel *payment = upstreams_add(&upstreams, "payment", app_connect(app, config.payment_target));
        GatewayServer *server =
                gateway_server_new(&config, app_workers(app), (Readiness) { &upstreams, is_ready });
        AppComponent component = gateway_server_component(server);

        gateway_server_route(server, &order_service_rpc, order);
        gateway_server_route(server, &warehouse_service_rpc, warehouse);
        gateway_server_route(server, &payment_service_rpc, payment);
        app_component(app, &component);
        int code = app_run(app);
        gateway_server_free(server);
        return code;
}
