#include "http/server.h"

#include <stdlib.h>
#include <strings.h>

#include "base/clock.h"
#include "http/parts_private.h"

#define ABANDON_GRACE_MS 1000 /* for sending the last refusals */
#define VITAL_WORKERS 2

const char *http_request_header(const HttpRequest *request, const char *name) {
        for (size_t i = 0; i < request->n_headers; i++)
                if (strcasecmp(request->headers[i].name, name) == 0)
                        return request->headers[i].value;
        return NULL;
}

void http_response_header(HttpResponse *response, const char *name, const char *value) {
        if (response->n_headers == HTTP_MAX_REPLY_HEADERS)
                abort();
        response->headers[response->n_headers++] = (HttpPair) { .name = name, .value = value };
}

/* ---- starting ---- */

static bool start_movers(HttpServer *server) {
        for (size_t i = 0; i < server->config.n_threads; i++)
                if (!http_mover_start(&server->movers[i], server))
                        return false;
        return http_listener_start(&server->listener, &server->movers[0]);
}

/* Also what was only begun to be started. */
static void stop_parts(HttpServer *server) {
        for (size_t i = 0; i < server->config.n_threads; i++)
                http_mover_stop(&server->movers[i]);
        http_listener_close(&server->listener);
        workers_free(server->vital);
        http_crowd_free(server->crowd);
}

static Crowd *new_crowd(const HttpServerConfig *config) {
        return http_crowd_new(&(CrowdLimits) {
                .n_all = config->max_connections,
                .n_per_address = config->max_per_address,
                .n_reserved = config->is_vital ? HTTP_RESERVED_CONNECTIONS : 0,
        });
}

const Error *http_server_start(Arena *arena, const HttpServerConfig *config, HttpServer **ret_server) {
        HttpServer *server = ARENA_NEW(arena, HttpServer);

        server->config = *config;
        server->trust = http_trust_new(arena, config->trusted_proxies);
        if (!server->trust)
                return error_internal(arena, NULL, "The trusted proxies are not IP addresses or networks: %s",
                                      config->trusted_proxies);
        TRY(http_listener_open(arena, config, &server->listener, &server->port));
        server->crowd = new_crowd(config);
        monitor_init(&server->monitor);
        server->movers = ARENA_ARRAY(arena, Mover, config->n_threads);
        if (config->is_vital)
                server->vital =
                        workers_new(VITAL_WORKERS, config->max_connections + HTTP_RESERVED_CONNECTIONS);
        if (!start_movers(server)) {
                stop_parts(server);
                return error_internal(arena, NULL, "The HTTP server on port %u did not start", server->port);
        }
        *ret_server = server;
        return NULL;
}

uint16_t http_server_port(const HttpServer *server) {
        return server->port;
}

/* ---- calls in flight ---- */

void http_server_enter(HttpServer *server) {
        monitor_lock(&server->monitor);
        server->n_in_flight++;
        monitor_unlock(&server->monitor);
}

void http_server_leave(HttpServer *server) {
        monitor_lock(&server->monitor);
        if (--server->n_in_flight == 0)
                monitor_broadcast(&server->monitor);
        monitor_unlock(&server->monitor);
}

static void wait_until_idle(HttpServer *server, int64_t timeout_ms) {
        int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;

        monitor_lock(&server->monitor);
        while (server->n_in_flight > 0 && monitor_wait(&server->monitor, until_us))
                ;
        monitor_unlock(&server->monitor);
}

/* ---- stopping ---- */

void http_server_drain(HttpServer *server) {
        if (!atomic_exchange(&server->is_draining, true))
                http_listener_refuse(&server->listener);
}

void http_server_stop(HttpServer *server, int64_t timeout_ms) {
        if (!server)
                return;
        http_server_drain(server);
        wait_until_idle(server, timeout_ms);
        for (size_t i = 0; i < server->config.n_threads; i++)
                http_mover_abandon(&server->movers[i]);
        wait_until_idle(server, ABANDON_GRACE_MS);
        stop_parts(server);
}
