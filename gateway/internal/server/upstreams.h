/* Whether the services behind the gateway can serve, by their gRPC health. */
#pragma once

#include "base/ctx.h"
#include "rpc/channel.h"

#define GATEWAY_MAX_UPSTREAMS 16

typedef struct Upstream {
        const char *name;
        RpcChannel *channel;
} Upstream;

typedef struct Upstreams {
        Upstream items[GATEWAY_MAX_UPSTREAMS];
        size_t n;
} Upstreams;

/* Adds a service and returns its channel. */
RpcChannel *upstreams_add(Upstreams *upstreams, const char *name, RpcChannel *channel);

/* Asks all of them. errors: UNAVAILABLE, with the name of the first that does not serve in front */
const Error *upstreams_are_ready(const Upstreams *upstreams, Ctx *ctx) MUST_CHECK;
