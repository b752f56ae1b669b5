/* The gateway: REST in front of the services' method tables, with its middleware, health and metrics. */
#pragma once

#include "app/app.h"
#include "app/operations.h"
#include "rpc/admission.h"

typedef struct GatewayConfig {
        const char *address;
        int64_t port;
        int64_t n_threads;
        int64_t max_connections;
        int64_t max_per_address;
        const char *trusted_proxies;
        int64_t idle_timeout_ms;
        int64_t head_timeout_ms;
        int64_t body_timeout_ms;
        int64_t write_timeout_ms;
        int64_t stop_timeout_ms;
        const char *jwks_file;
        const char *cors_origins;
        int64_t rate_limit_per_minute;
        int64_t call_timeout_ms;
        int64_t create_timeout_ms;
        const char *order_target; /* these are for whoever connects to the services */
        const char *warehouse_target;
        const char *payment_target;
} GatewayConfig;

/* The variables fill in config; the table is static. */
size_t gateway_config_variables(GatewayConfig *config, const ConfigVariable **ret_variables);

typedef struct GatewayServer GatewayServer;

/* Does nothing before its component starts; config is copied, its texts and admission are borrowed. */
GatewayServer *gateway_server_new(const GatewayConfig *config, Admission *admission, Readiness readiness);

/*
 * Serves the HTTP rules of a service's methods; before the start. A rule that cannot be served fails the
 * start.
 */
void gateway_server_route(GatewayServer *server, const RpcService *service, RpcChannel *channel);

/* The port that it listens on, once started. */
uint16_t gateway_server_port(const GatewayServer *server);

/* Its life: listens, drains, waits for the calls in flight. */
AppComponent gateway_server_component(GatewayServer *server);

/* After the stop, and after the workers are gone. Accepts NULL. */
void gateway_server_free(GatewayServer *server);
