/* The way to a service in this process, through the same middleware as from another (rpc/middleware.h). */
#pragma once

#include "rpc/channel.h"
#include "rpc/middleware.h"

typedef struct RpcLocalConfig {
        const RpcService *service;
        const char *caller; /* the name of the service that calls: "order" */
        void *const *implementation; /* where it stands when the first call comes; it may not be there yet */
        RpcKeys *const *keys;        /* likewise, or NULL */
        int64_t timeout_ms;          /* of a unary call whose context has no nearer deadline */
} RpcLocalConfig;

/*
 * Lives in arena; what config points to outlives it. The handler sees what a remote one would: the identity
 * of whoever calls, vouched for by the calling service.
 */
RpcChannel *rpc_local_channel_new(Arena *arena, const RpcLocalConfig *config);
