/*
 * The way to a service, wherever it is. Generated stubs and the gateway call through it: a local channel
 * calls the implementation in this process, a remote one goes over gRPC. Deadline, caller, trace, idempotency
 * key, reply headers and errors are the same on both.
 */
#pragma once

#include "base/ctx.h"
#include "base/workers.h"
#include "rpc/method.h"

typedef struct RpcChannel RpcChannel;
struct RpcChannel {
        /*
         * response     filled in on success; what it points to is in ctx->arena
         * errors       the handler's; UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED from the way there
         */
        const Error *(*call)(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                             const ProtobufCMessage *request, ProtobufCMessage *response);
        const Error *(*stream)(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                               const ProtobufCMessage *request, RpcStream *out);
};
