#include <arpa/inet.h>
#include <grpc/grpc_security.h>
#include <grpc/support/time.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "rpc/dial_private.h"
#include "rpc/server_call_private.h"

#define ARMED_PER_ROUTE 2 /* calls of one method that may arrive at the same instant on one queue */
#define UNIX_SOCKET "unix:"
#define DIAL_TIMEOUT_MS 500
#define GOODBYE_MS 1000   /* for the last answers to leave and the clients to hang up */

static void begin_unknown(ServerCall *call) {
        const char *path = rpc_wire_text(call->arena, call->details.method);

        rpc_call_finish(call, NULL, NULL,
                        error_new(call->arena, ERROR_UNIMPLEMENTED, REASON_UNIMPLEMENTED,
                                  "There is no method %s", path));
}

static void on_shut_down(void *owner, bool ok) {
        RpcServer *server = owner;

        (void) ok;
        monitor_lock(&server->monitor);
        server->shut = true;
        monitor_broadcast(&server->monitor);
        monitor_unlock(&server->monitor);
}

static grpc_server *make_grpc_server(void) {
        grpc_arg args[] = {
                rpc_wire_arg(GRPC_ARG_ALLOW_REUSEPORT, 0),
                rpc_wire_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, MESSAGE_MAX_BYTES),
                rpc_wire_arg(GRPC_ARG_MAX_SEND_MESSAGE_LENGTH, MESSAGE_MAX_BYTES),
                rpc_wire_arg(GRPC_ARG_MAX_METADATA_SIZE, RPC_MAX_METADATA_BYTES),
                rpc_wire_arg(GRPC_ARG_MAX_CONCURRENT_STREAMS, RPC_MAX_STREAMS),
                rpc_wire_arg(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 120000),
                rpc_wire_arg(GRPC_ARG_MAX_CONNECTION_AGE_MS, 300000),
                rpc_wire_arg(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60000),
                rpc_wire_arg(GRPC_ARG_KEEPALIVE_TIME_MS, 30000),
                rpc_wire_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000),
                rpc_wire_arg(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10000),
                rpc_wire_arg(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2),
                rpc_wire_arg(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000),
                rpc_wire_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
                rpc_wire_arg(GRPC_COMPRESSION_CHANNEL_ENABLED_ALGORITHMS_BITSET,
                             1 << GRPC_COMPRESS_NONE | 1 << GRPC_COMPRESS_GZIP),
                rpc_wire_arg(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0),
        };

        return grpc_server_create(&(grpc_channel_args) { ARRAY_SIZE(args), args }, NULL);
}

static void make_queues(RpcServer *server, size_t n) {
        server->queues = MEMORY_ARRAY(grpc_completion_queue *, n);
        server->threads = MEMORY_ARRAY(pthread_t, n);
        for (size_t i = 0; i < n; i++) {
                server->queues[i] = grpc_completion_queue_create_for_next(NULL);
                grpc_server_register_completion_queue(server->server, server->queues[i], NULL);
        }
        server->n_queues = n;
}

RpcServer *rpc_server_new(const RpcServerConfig *config) {
        RpcServer *server = MEMORY_NEW(RpcServer);

        rpc_wire_init();
        server->config = *config;
        server->shut_down = (Op) { on_shut_down, server };
        monitor_init(&server->monitor);
        list_init(&server->free_calls);
        list_init(&server->sessions);
        server->server = make_grpc_server();
        make_queues(server, config->n_threads);
        server->health = rpc_health_new(server);
        if (config->reflection)
                rpc_reflection_add_routes(server);
        rpc_server_add_route(server, NULL, true, begin_unknown);
        return server;
}

Route *rpc_server_add_route(RpcServer *server, const char *path, bool reads_later,
                            void (*begin)(ServerCall *call)) {
        Route *route = MEMORY_NEW(Route);

        *route = (Route) { .server = server, .path = path, .reads_later = reads_later, .begin = begin };
        if (path)
                route->registered = grpc_server_register_method(
                        server->server, path, NULL,
                        reads_later ? GRPC_SRM_PAYLOAD_NONE : GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER, 0);
        route->next = server->routes;
        server->routes = route;
        return route;
}

void rpc_server_list_service(RpcServer *server, const RpcService *service) {
        ServedService *served = MEMORY_NEW(ServedService);

        *served = (ServedService) { .service = service, .next = server->services };
        server->services = served;
}

void rpc_server_add(RpcServer *server, const RpcService *service, void *implementation, RpcKeys *keys) {
        rpc_server_list_service(server, service);
        for (size_t i = 0; i < service->n_methods; i++) {
                Route *route =
                        rpc_server_add_route(server, service->methods[i].path, false, rpc_handler_begin);

                route->method = &service->methods[i];
                route->service = service;
                route->implementation = implementation;
                route->keys = keys;
        }
}

const RpcService *rpc_server_find_service(const RpcServer *server, const char *name) {
        for (const ServedService *served = server->services; served; served = served->next)
                if (str_equal(served->service->name, name))
                        return served->service;
        return NULL;
}

static const Error *listen_at(RpcServer *server, Arena *arena) {
        const RpcServerConfig *config = &server->config;
        bool is_socket = str_starts_with(config->address, UNIX_SOCKET);
        const char *at =
                is_socket ? config->address : arena_printf(arena, "%s:%u", config->address, config->port);
        grpc_server_credentials *plain = grpc_insecure_server_credentials_create();
        int port = grpc_server_add_http2_port(server->server, at, plain);

        grpc_server_credentials_release(plain);
        if (port == 0)
                return error_new(
                        arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                        "Cannot listen at %s: the port is taken, or the address is not of this machine", at);
        server->port = is_socket ? 0 : (uint16_t) port;
        return NULL;
}

static void *move_bytes(void *arg) {
        for (;;) {
                grpc_event event = grpc_completion_queue_next(arg, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
                Op *op = event.tag;

                if (event.type == GRPC_QUEUE_SHUTDOWN)
                        return NULL;
                op->done(op->owner, event.success);
        }
}

static void start_threads(RpcServer *server) {
        for (size_t i = 0; i < server->n_queues; i++) {
                if (pthread_create(&server->threads[i], NULL, move_bytes, server->queues[i]) != 0)
                        abort();
                pthread_setname_np(server->threads[i], "rpc");
        }
}

const Error *rpc_server_start(RpcServer *server, Arena *arena) {
        TRY(listen_at(server, arena));
        grpc_server_start(server->server);
        for (const Route *route = server->routes; route; route = route->next)
                for (size_t i = 0; i < server->n_queues * ARMED_PER_ROUTE; i++)
                        rpc_call_arm(server, route, server->queues[i % server->n_queues]);
        start_threads(server);
        return NULL;
}

uint16_t rpc_server_port(const RpcServer *server) {
        return server->port;
}

bool rpc_server_answers(const RpcServer *server) {
        return rpc_dial(server->config.address, server->port, DIAL_TIMEOUT_MS);
}

void rpc_server_set_serving(RpcServer *server, bool serving) {
        rpc_health_set_serving(server->health, serving);
}

/* Sessions would go on for ever: their clients are sent elsewhere. */
static void cancel_sessions(RpcServer *server) {
        LIST_FOR_EACH(ServerCall, call, &server->sessions, link)
                grpc_call_cancel_with_status(call->call, GRPC_STATUS_UNAVAILABLE,
                                             "The server is shutting down", NULL);
}

void rpc_server_drain(RpcServer *server) {
        monitor_lock(&server->monitor);
        bool first = !server->draining;
        server->draining = true;
        if (first)
                cancel_sessions(server);
        monitor_unlock(&server->monitor);
        if (!first)
                return;
        rpc_health_set_serving(server->health, false);
        grpc_server_shutdown_and_notify(server->server, server->queues[0], &server->shut_down);
}

static bool is_idle(const RpcServer *server) {
        return server->n_busy == 0;
}

/* gRPC core does not wait for handlers whose calls were cancelled. */
static bool is_quiet(const RpcServer *server) {
        return server->shut && is_idle(server);
}

/* False when the time was over first. */
static bool wait_until(RpcServer *server, bool (*condition)(const RpcServer *server), int64_t end_us) {
        monitor_lock(&server->monitor);
        while (!condition(server) && monitor_wait(&server->monitor, end_us))
                ;
        bool is_reached = condition(server);
        monitor_unlock(&server->monitor);
        return is_reached;
}

/* A server that never started has no threads: its queues are emptied here. */
static void end_queues(RpcServer *server) {
        for (size_t i = 0; i < server->n_queues; i++)
                grpc_completion_queue_shutdown(server->queues[i]);
        for (size_t i = 0; i < server->n_queues; i++)
                if (server->threads[i])
                        pthread_join(server->threads[i], NULL);
                else
                        move_bytes(server->queues[i]);
}

static int64_t sooner(int64_t a_us, int64_t b_us) {
        return a_us < b_us ? a_us : b_us;
}

/*
 * Waits for the calls in flight, then for the clients to hang up. gRPC core keeps the connection of a client
 * that reads nothing for 20 s more, so what is open after GOODBYE_MS is cancelled.
 */
void rpc_server_stop(RpcServer *server, int64_t timeout_ms) {
        int64_t end_us = clock_monotonic_us() + timeout_ms * 1000;

        rpc_server_drain(server);
        if (!wait_until(server, is_idle, end_us))
                log_warning("calls in flight are cancelled", log_number("after_ms", timeout_ms));
        if (!wait_until(server, is_quiet, sooner(end_us, clock_monotonic_us() + GOODBYE_MS * 1000))) {
                grpc_server_cancel_all_calls(server->server);
                wait_until(server, is_quiet, INT64_MAX);
        }
        end_queues(server);
}

static void free_lists(RpcServer *server) {
        LIST_FOR_EACH(ServerCall, call, &server->free_calls, link)
                rpc_call_free(call);
        while (server->routes) {
                Route *route = server->routes;

                server->routes = route->next;
                free(route);
        }
        while (server->services) {
                ServedService *served = server->services;

                server->services = served->next;
                free(served);
        }
}

void rpc_server_free(RpcServer *server) {
        if (!server)
                return;
        if (!server->shut)
                end_queues(server);
        for (size_t i = 0; i < server->n_queues; i++)
                grpc_completion_queue_destroy(server->queues[i]);
        grpc_server_destroy(server->server);
        rpc_health_free(server->health);
        free_lists(server);
        free(server->queues);
        free(server->threads);
        monitor_destroy(&server->monitor);
        free(server);
        grpc_shutdown();
}
