/*
 * The route table, made by walking the method tables of the services: each HTTP rule of each RPC is a route.
 * It holds nothing about any one service.
 *
 * source     002 4.1 Gateway Service Integration
 */
#pragma once

#include "router/path_template.h"
#include "rpc/channel.h"

typedef struct GatewayRoute {
        const RpcMethod *method;
        const RpcHttpRule *rule;
        RpcChannel *channel;
        GatewayTemplate path;
} GatewayRoute;

/* What a request asks for. */
typedef struct GatewayMatch {
        const GatewayRoute *route; /* NULL: nothing here */
        GatewayPath path;
        /* Without a route: the path's verbs, "GET, POST"; NULL: not even the path is known. */
        const char *allow;
} GatewayMatch;

typedef struct GatewayRouter GatewayRouter;

/* Lives in arena. */
GatewayRouter *gateway_router_new(Arena *arena);

/*
 * Adds every HTTP rule of the service's unary methods.
 *
 * channel    where its calls go; must outlive the router
 * errors     internal: a path that is not supported, or one that two methods claim
 */
const Error *gateway_router_add(GatewayRouter *router, const RpcService *service,
                                RpcChannel *channel) MUST_CHECK;

/* Literal paths win over variables; HEAD is answered as GET. path is not decoded yet. */
GatewayMatch gateway_router_match(const GatewayRouter *router, Arena *arena, const char *verb,
                                  const char *path);
