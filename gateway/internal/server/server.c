#include "server/server.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "app/descriptors.h"
#include "server/gateway.h"

#define MAX_JWKS_BYTES (64 * 1024)

GatewayServer *gateway_server_new(const GatewayConfig *config, Admission *admission, Readiness readiness) {
        Arena *arena = arena_new();
        GatewayServer *server = ARENA_NEW(arena, GatewayServer);

        *server = (GatewayServer) {
                .arena = arena,
                .config = *config,
                .admission = admission,
                .readiness = readiness,
                .router = gateway_router_new(arena),
                .limits = gateway_rate_limit_new(config->rate_limit_per_minute),
        };
        return server;
}

void gateway_server_route(GatewayServer *server, const RpcService *service, RpcChannel *channel) {
        const Error *error = gateway_router_add(server->router, service, channel);

        if (!server->routing_error)
                server->routing_error = error;
}

static const Error *read_jwks(Arena *arena, const char *path, const char **ret_text) {
        char *text = arena_alloc(arena, MAX_JWKS_BYTES);
        FILE *file = fopen(path, "re");

        if (!file)
                return error_internal(arena, NULL, "Cannot open the keys %s: %s", path, strerror(errno));
        size_t n_bytes = fread(text, 1, MAX_JWKS_BYTES, file);
        fclose(file);
        if (n_bytes == MAX_JWKS_BYTES)
                return error_internal(arena, NULL, "The keys %s are larger than %d bytes", path,
                                      MAX_JWKS_BYTES);
        *ret_text = text;
        return NULL;
}

static const Error *load_keys(GatewayServer *server) {
        const char *jwks;

        TRY(read_jwks(server->arena, server->config.jwks_file, &jwks));
        return token_verifier_new(server->arena, jwks, &server->tokens);
}

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
                .workers = admission_workers(server->admission),
                .handler = gateway_handle,
                .refuse = gateway_refuse,
                .is_vital = gateway_is_vital,
                .self = server,
        };

        (void) ctx;
        TRY(server->routing_error);
        TRY(descriptors_check(server->arena, http.max_connections + HTTP_RESERVED_CONNECTIONS));
        TRY(load_keys(server));
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

AppComponent gateway_server_component(GatewayServer *server) {
        return (AppComponent) {
                .name = "gateway", .self = server, .start = start, .drain = drain, .stop = stop
        };
}

void gateway_server_free(GatewayServer *server) {
        if (!server)
                return;
        token_verifier_free(server->tokens);
        gateway_rate_limit_free(server->limits);
        arena_free(server->arena);
}
