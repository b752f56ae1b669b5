#include "server/server.h"

int main(int argc, char **argv) {
        OrderConfig config = { 0 };
        AppSpec spec = { .program = "millrace-order", .summary = "Places, shows, lists and cancels orders" };

        spec.n_variables = order_config_variables(&config, &spec.variables);
        App *app = app_new(&spec, argc, argv);
        Arena *arena = arena_new();
        WarehouseService *warehouse = warehouse_service_connect(arena, app_connect(app, config.warehouse_target));
        PaymentService *payment = payment_service_connect(arena, app_connect(app, config.payment_target));
        OrderServer *server = order_server_new(&config, warehouse, payment);
        AppComponent component = order_server_component(server);

        app_serve(app, &order_service_rpc, order_server_interface(server));
        app_component(app, &component);
        int code = app_run(app);
        order_server_free(server);
        arena_free(arena);
        return code;
}
