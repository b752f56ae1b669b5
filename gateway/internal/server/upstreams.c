#include "server/upstreams.h"

#include <stdlib.h>

#include "grpc/health/v1/health.rpc.h"

#define SERVING GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING

RpcChannel *upstreams_add(Upstreams *upstreams, const char *name, RpcChannel *channel) {
        if (upstreams->n == GATEWAY_MAX_UPSTREAMS)
                abort();
        upstreams->items[upstreams->n++] = (Upstream) { .name = name, .channel = channel };
        return channel;
}

static const Error *is_ready(const Upstream *upstream, Ctx *ctx) {
        Health *health = health_connect(ctx->arena, upstream->channel);
        const GrpcHealthV1HealthCheckRequest *request = grpc_health_v1_health_check_request_new(ctx->arena);
        GrpcHealthV1HealthCheckResponse *response = grpc_health_v1_health_check_response_new(ctx->arena);

        const Error *error = health->check(health, ctx, request, response);
        if (error)
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, error, "%s: %s",
                                  upstream->name, error->message);
        if (response->status != SERVING)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "%s: is not serving",
                                 upstream->name);
        return NULL;
}

const Error *upstreams_are_ready(const Upstreams *upstreams, Ctx *ctx) {
        for (size_t i = 0; i < upstreams->n; i++)
                TRY(is_ready(&upstreams->items[i], ctx));
        return NULL;
}
