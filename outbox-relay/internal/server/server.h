/* Assembly of the relay: every source, the hint socket, and their life in the process. */
#pragma once

#include "app/app.h"
#include "bus/bus.h"

typedef struct RelayConfig {
        const char *sources;     /* "order=DSN;warehouse=DSN" */
        const char *hint_socket; /* path; "": none */
        int64_t batch_limit;     /* events */
        int64_t poll_min_ms;
        int64_t poll_max_ms;
        int64_t retention_hours;
        BusConfig bus; /* for whoever makes the bus */
} RelayConfig;

size_t relay_config_variables(RelayConfig *config, const ConfigVariable **ret_variables);

typedef struct RelayServer RelayServer;

/* Does nothing before its component starts; config is copied, its texts and bus are borrowed. */
RelayServer *relay_server_new(const RelayConfig *config, Bus *bus);
AppComponent relay_server_component(RelayServer *server);
void relay_server_free(RelayServer *server); /* after its component has stopped; accepts NULL */
