/* The inside of the server: its routes and services, what it keeps of calls, and what it adds itself. */
#pragma once

#include <pthread.h>

#include "base/list.h"
#include "base/monitor.h"
#include "rpc/server.h"
#include "rpc/wire_private.h"

typedef struct ServerCall ServerCall;
typedef struct HealthState HealthState;

/* Where calls of one method go. */
typedef struct Route {
        RpcServer *server;
        const RpcService *service;
        const RpcMethod *method;
        void *implementation;
        RpcKeys *keys;
        const char *path;                 /* NULL: whatever no other route takes */
        bool reads_later;                 /* begin reads the messages itself */
        void (*begin)(ServerCall *call);  /* on a thread that moves bytes: must not block */
        void *registered;                 /* gRPC core's handle; NULL without a path */
        struct Route *next;
} Route;

typedef struct ServedService {
        const RpcService *service;
        struct ServedService *next;
} ServedService;

struct RpcServer {
        RpcServerConfig config;
        uint16_t port;
        grpc_server *server;
        HealthState *health;
        Route *routes;
        ServedService *services;
        size_t n_queues;
        grpc_completion_queue **queues;
        pthread_t *threads;
        Monitor monitor;
        bool draining;
        bool shut; /* gRPC core has closed every connection */
        size_t n_busy;
        List free_calls;
        List sessions;
        Op shut_down;
};

/* Adds a route; the path must live on, NULL: for what no other route takes. Before the server starts. */
Route *rpc_server_add_route(RpcServer *server, const char *path, bool reads_later,
                            void (*begin)(ServerCall *call));

/* Makes a service known to health and reflection. */
void rpc_server_list_service(RpcServer *server, const RpcService *service);

/* A service of the server by its name; NULL when there is none. */
const RpcService *rpc_server_find_service(const RpcServer *server, const char *name);

/* grpc.health.v1 and grpc.reflection: they add their routes before the server starts. */
HealthState *rpc_health_new(RpcServer *server);
void rpc_health_set_serving(HealthState *health, bool serving);
void rpc_health_free(HealthState *health);
void rpc_reflection_add_routes(RpcServer *server);
