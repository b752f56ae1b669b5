/* The gateway: REST in front of the services' method tables, with its middleware, health and metrics. */
#pragma once

#include "app/part.h"

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
        const char *cors_origins;
        int64_t rate_limit_per_minute;
        int64_t call_timeout_ms;
        int64_t create_timeout_ms;
} GatewayConfig;

extern const ConfigTable gateway_config_table;

typedef struct GatewayServer GatewayServer;

/*
 * Assembles a gateway in front of the services of the NULL-terminated list; a rule of theirs that cannot be
 * served is an error. Lives in the part's arena.
 */
const Error *gateway_server_new(AppPart *part, const GatewayConfig *config,
                                const RpcService *const *services, GatewayServer **ret_server) MUST_CHECK;

/* The port that it listens on, once started. */
uint16_t gateway_server_port(const GatewayServer *server);

/* In front of every service that there is. */
extern const AppService gateway_app_service;
