#include "server/server.h"

int main(int argc, char **argv) {
        PaymentConfig config = { 0 };
        AppSpec spec = { .program = "millrace-payment", .summary = "Takes payments and gives them back" };

        spec.n_variables = payment_config_variables(&config, &spec.variables);
        App *app = app_new(&spec, argc, argv);
        PaymentServer *server = payment_server_new(&config);
        AppComponent component = payment_server_component(server);

        app_serve(app, &payment_service_rpc, payment_server_interface(server));
        app_component(app, &component);
        int code = app_run(app);
        payment_server_free(server);
        return code;
}
