#include "router/auto_router.h"

#include <string.h>

#include "base/str.h"

struct GatewayRouter {
        Arena *arena;
        GatewayRoute *routes; /* in the order in which they are tried */
        size_t n_routes;
        size_t size;
};

GatewayRouter *gateway_router_new(Arena *arena) {
        GatewayRouter *router = ARENA_NEW(arena, GatewayRouter);

        router->arena = arena;
        return router;
}

static void grow(GatewayRouter *router) {
        size_t size = router->size ? router->size * 2 : 32;
        GatewayRoute *routes = ARENA_ARRAY(router->arena, GatewayRoute, size);

        if (router->n_routes > 0)
                memcpy(routes, router->routes, router->n_routes * sizeof(GatewayRoute));
        router->routes = routes;
        router->size = size;
}

static const Error *insert(GatewayRouter *router, const GatewayRoute *route) {
        size_t i = 0;

        if (router->n_routes == router->size)
                grow(router);
        for (; i < router->n_routes; i++) {
                const GatewayRoute *other = &router->routes[i];
                int order = gateway_template_compare(&route->path, &other->path);

                if (order == 0 && str_equal(route->rule->verb, other->rule->verb))
                        return error_internal(router->arena, NULL, "%s and %s both claim %s %s",
                                              route->method->path, other->method->path, route->rule->verb,
                                              route->rule->path);
                if (order < 0)
                        break;
        }
        memmove(&router->routes[i + 1], &router->routes[i], (router->n_routes - i) * sizeof(GatewayRoute));
        router->routes[i] = *route;
        router->n_routes++;
        return NULL;
}

static const Error *add_method(GatewayRouter *router, const RpcMethod *method, RpcChannel *channel) {
        for (size_t i = 0; i < method->n_http; i++) {
                GatewayRoute route = { .method = method, .rule = &method->http[i], .channel = channel };

                TRY(gateway_template_parse(router->arena, route.rule->path, &route.path));
                TRY(insert(router, &route));
        }
        return NULL;
}

const Error *gateway_router_add(GatewayRouter *router, const RpcService *service, RpcChannel *channel) {
        for (size_t i = 0; i < service->n_methods; i++)
                if (service->methods[i].call)
                        TRY(add_method(router, &service->methods[i], channel));
        return NULL;
}

static const char *add_verb(Arena *arena, const char *allow, const char *verb) {
        const char *also = str_equal(verb, "GET") ? ", HEAD" : "";

        return allow ? arena_printf(arena, "%s, %s%s", allow, verb, also)
                     : arena_printf(arena, "%s%s", verb, also);
}

GatewayMatch gateway_router_match(const GatewayRouter *router, Arena *arena, const char *verb,
                                  const char *path) {
        const char *wanted = str_equal(verb, "HEAD") ? "GET" : verb;
        GatewayMatch match = { 0 };

        if (!gateway_path_split(arena, path, &match.path))
                return match;
        for (size_t i = 0; i < router->n_routes; i++) {
                const GatewayRoute *route = &router->routes[i];

                if (!gateway_template_matches(&route->path, &match.path))
                        continue;
                if (str_equal(route->rule->verb, wanted)) {
                        match.route = route;
                        return match;
                }
                match.allow = add_verb(arena, match.allow, route->rule->verb);
        }
        return match;
}
