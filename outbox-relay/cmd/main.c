#include "server/server.h"

int main(int argc, char **argv) {
        RelayConfig config = { 0 };
        AppSpec spec = { .program = "millrace-relay",
                         .summary = "Publishes the events of the services' outboxes" };

        spec.n_variables = relay_config_variables(&config, &spec.variables);
        App *app = app_new(&spec, argc, argv);
        Bus *bus = bus_new(&config.bus);
        RelayServer *server = relay_server_new(&config, bus);
        AppComponent component = relay_server_component(server);

        app_component(app, &component);
        int code = app_run(app);
        relay_server_free(server);
        bus_free(bus);
        return code;
}
