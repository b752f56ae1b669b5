#include <stdlib.h>

#include "rpc/channel.h"
#include "rpc/middleware.h"

typedef struct LocalChannel {
        RpcChannel base;
        const RpcService *service;
        void *implementation;
} LocalChannel;

static const Error *local_call(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                               const ProtobufCMessage *request, ProtobufCMessage *response) {
        LocalChannel *channel = (LocalChannel *) self;

        return rpc_dispatch(ctx, &(RpcCall) {
                .service = channel->service,
                .method = method,
                .implementation = channel->implementation,
                .request = request,
                .response = response,
        });
}

static const Error *local_stream(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                                 const ProtobufCMessage *request, RpcStream *out) {
        LocalChannel *channel = (LocalChannel *) self;

        return rpc_dispatch(ctx, &(RpcCall) {
                .service = channel->service,
                .method = method,
                .implementation = channel->implementation,
                .request = request,
                .out = out,
        });
}

RpcChannel *rpc_local_channel_new(const RpcService *service, void *implementation) {
        LocalChannel *channel = calloc(1, sizeof(LocalChannel));

        if (!channel)
                abort();
        *channel = (LocalChannel) {
                .base = { .call = local_call, .stream = local_stream },
                .service = service,
                .implementation = implementation,
        };
        return &channel->base;
}

void rpc_local_channel_free(RpcChannel *channel) {
        free(channel);
}
