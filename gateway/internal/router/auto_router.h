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
        bool has_slash; /* the path is known, but for the '/' at its end: ask again without it */
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

/*
 * Where what a route has just made is shown: the path of the GET route of its service that answers with the
 * same message and whose variables are texts of it. NULL: there is no such route. In arena.
 *
 * answer     the response of the route's method
 */
const char *gateway_router_location(const GatewayRouter *router, Arena *arena, const GatewayRoute *route,
                                    const ProtobufCMessage *answer);
