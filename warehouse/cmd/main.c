#include "server/server.h"

int main(int argc, char **argv) {
        WarehouseConfig config = { 0 };
        AppSpec spec = { .program = "millrace-warehouse", .summary = "Holds, sells and gives back stock" };

        spec.n_variables = warehouse_config_variables(&config, &spec.variables);
        App *app = app_new(&spec, argc, argv);
        Arena *arena = arena_new();
        Bus *bus = bus_new(&config.bus);
        OrderService *orders = order_service_connect(arena, app_connect(app, config.order_target));
        WarehouseServer *server = warehouse_server_new(&config, bus);
        AppComponent component = warehouse_server_component(server);

        warehouse_server_set_orders(server, orders);
        app_serve(app, &warehouse_service_rpc, warehouse_server_interface(server));
        app_component(app, &component);
        int code = app_run(app);
        warehouse_server_free(server);
        bus_free(bus);
        arena_free(arena);
        return code;
}
