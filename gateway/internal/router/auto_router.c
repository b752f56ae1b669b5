#include "router/auto_router.h"

#include <string.h>

#include "base/str.h"
#include "proto/field.h"

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

/* "/api/v1/orders/" without its last character; NULL when it does not end so. */
static const char *without_slash(Arena *arena, const char *path) {
        size_t n_bytes = strlen(path);

        return n_bytes > 1 && path[n_bytes - 1] == '/' ? arena_strndup(arena, path, n_bytes - 1) : NULL;
}

static GatewayMatch match_exactly(const GatewayRouter *router, Arena *arena, const char *verb,
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

GatewayMatch gateway_router_match(const GatewayRouter *router, Arena *arena, const char *verb,
                                  const char *path) {
        GatewayMatch match = match_exactly(router, arena, verb, path);
        const char *shorter = match.route || match.allow ? NULL : without_slash(arena, path);

        if (shorter) {
                const GatewayMatch other = match_exactly(router, arena, verb, shorter);

                match.has_slash = other.route || other.allow;
        }
        return match;
}

/* ---- where something is shown ---- */

/* What a route answers with, out of the response of its method; NULL in message: nothing. */
typedef struct Resource {
        const MessageInfo *info;
        const ProtobufCMessage *message;
} Resource;

static Resource resource_of(const GatewayRoute *route, const ProtobufCMessage *answer) {
        const MessageInfo *info = route->method->response;

        if (!route->rule->response_body)
                return (Resource) { info, answer };
        unsigned field = proto_field_index(info, route->rule->response_body);
        if (!info->fields[field].message)
                return (Resource) { 0 };
        return (Resource) { info->fields[field].message,
                           answer ? proto_field_get(answer, &info->descriptor->fields[field]).message
                                  : NULL };
}

/* Percent-encodes all but what RFC 3986 leaves as it is. */
static void add_segment(StrBuf *out, const char *text) {
        static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

        for (; *text; text++)
                if (strchr(plain, *text))
                        strbuf_add_char(out, *text);
                else
                        strbuf_addf(out, "%%%02X", (unsigned char) *text);
}

/* False when the resource has no text of the variable's name. */
static bool add_variable(StrBuf *out, const Resource *resource, const char *name) {
        unsigned field = proto_field_find(resource->info, name, strlen(name), 0);

        if (field == FIELD_NONE)
                return false;
        const ProtobufCFieldDescriptor *descriptor = &resource->info->descriptor->fields[field];
        if (descriptor->type != PROTOBUF_C_TYPE_STRING || field_is_list(descriptor) ||
            !proto_field_is_set(resource->message, descriptor))
                return false;
        add_segment(out, proto_field_get(resource->message, descriptor).text);
        return true;
}

/* NULL when a variable of the path has no value. */
static const char *fill_in(Arena *arena, const GatewayTemplate *path, const Resource *resource) {
        StrBuf out = { .arena = arena };
        size_t n_variables = 0;

        for (size_t i = 0; i < path->n_segments; i++) {
                strbuf_add_char(&out, '/');
                if (path->segments[i].literal)
                        strbuf_add(&out, path->segments[i].literal);
                else if (!add_variable(&out, resource, path->segments[i].variable))
                        return NULL;
                n_variables += path->segments[i].variable != NULL;
        }
        return n_variables > 0 ? strbuf_text(&out) : NULL;
}

const char *gateway_router_location(const GatewayRouter *router, Arena *arena, const GatewayRoute *route,
                                    const ProtobufCMessage *answer) {
        const Resource made = resource_of(route, answer);

        for (size_t i = 0; made.message && i < router->n_routes; i++) {
                const GatewayRoute *other = &router->routes[i];

                if (other->channel != route->channel || !str_equal(other->rule->verb, "GET") ||
                    resource_of(other, NULL).info != made.info)
                        continue;
                const char *location = fill_in(arena, &other->path, &made);
                if (location)
                        return location;
        }
        return NULL;
}
