#include "server/server.h"

#include "app/descriptors.h"
#include "server/gateway.h"
#include "services.h"

static const Error *start(void *self, Ctx *ctx) {
        GatewayServer *server = self;
        const GatewayConfig *config = &server->config;
        HttpServerConfig http = {
                .address = config->address,
                .port = (uint16_t) config->port,
                .n_threads = (size_t) config->n_threads,
                .max_connections = (size_t) config->max_connections,
                .max_per_address = (size_t) config->max_per_address,
                .trusted_proxies = config->trusted_proxies,
                .idle_timeout_ms = config->idle_timeout_ms,
                .head_timeout_ms = config->head_timeout_ms,
                .body_timeout_ms = config->body_timeout_ms,
                .write_timeout_ms = config->write_timeout_ms,
                .workers = rpc_admission_workers(server->admission),
                .handler = gateway_handle,
                .refuse = gateway_refuse,
                .is_vital = gateway_is_vital,
                .self = server,
        };

        (void) ctx;
        TRY(app_descriptors_check(server->arena, http.max_connections + HTTP_RESERVED_CONNECTIONS));
        return http_server_start(server->arena, &http, &server->http);
}

static void drain(void *self) {
        GatewayServer *server = self;

        http_server_drain(server->http);
}

static void stop(void *self) {
        GatewayServer *server = self;

        http_server_stop(server->http, server->config.stop_timeout_ms);
        server->http = NULL;
}

uint16_t gateway_server_port(const GatewayServer *server) {
        return http_server_port(server->http);
}

static void release(void *self) {
        gateway_rate_limit_free(((GatewayServer *) self)->limits);
}

static const Error *add_routes(GatewayServer *server, AppPart *part, const RpcService *const *services) {
        for (; *services; services++)
                TRY(gateway_router_add(server->router, *services, app_part_channel(part, *services)));
        return NULL;
}

const Error *gateway_server_new(AppPart *part, const GatewayConfig *config, const RpcService *const *services,
                                GatewayServer **ret_server) {
        Arena *arena = app_part_arena(part);
        GatewayServer *server = ARENA_NEW(arena, GatewayServer);

        *server = (GatewayServer) {
                .arena = arena,
                .config = *config,
                .admission = app_part_admission(part),
                .readiness = app_part_readiness(part),
                .tokens = app_part_verifier(part),
                .router = gateway_router_new(arena),
                .limits = gateway_rate_limit_new(config->rate_limit_per_minute),
        };
        app_part_component(part, &(AppComponent) {
                                         .self = server,
                                         .start = start,
                                         .drain = drain,
                                         .stop = stop,
                                         .free = release,
                                 });
        TRY(add_routes(server, part, services));
        *ret_server = server;
        return NULL;
}

static const Error *assemble(AppPart *part, const void *config, void **ret_implementation) {
        GatewayServer *server;

        (void) ret_implementation;
        return gateway_server_new(part, config, protos_services, &server);
}

const AppService gateway_app_service = {
        .name = "gateway",
        .summary = "REST in front of the services",
        .calls = protos_services,
        .config = &gateway_config_table,
        .assemble = assemble,
};
