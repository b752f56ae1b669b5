#include "rpc/local.h"

typedef struct LocalChannel {
        RpcChannel base;
        RpcLocalConfig config;
} LocalChannel;

/* What the other side of a remote channel knows of the caller: who it is, and the service that vouches. */
static Caller caller_of(const LocalChannel *channel, const Caller *caller) {
        bool is_known = !str_is_empty(caller->id);

        return (Caller) {
                .id = is_known ? caller->id : channel->config.caller,
                .roles = is_known ? caller->roles : ROLE_SERVICE,
                .service = channel->config.caller,
        };
}

static void add_reply_headers(Ctx *ctx, const ReplyHeader *headers) {
        for (; headers; headers = headers->next)
                ctx_reply_header(ctx, headers->name, headers->value);
}

static const Error *dispatch(LocalChannel *channel, Ctx *ctx, RpcCall *call) {
        Caller caller = caller_of(channel, ctx->caller);
        Ctx called = *ctx;

        called.caller = &caller;
        called.reply_headers = NULL;
        called.subject = (CtxSubject) { 0 };
        called.claim = NULL;
        if (call->method->call)
                ctx_limit(&called, channel->config.timeout_ms);
        call->service = channel->config.service;
        call->implementation = *channel->config.implementation;
        call->keys = channel->config.keys ? *channel->config.keys : NULL;
        const Error *error = rpc_dispatch(&called, call);
        add_reply_headers(ctx, called.reply_headers);
        return error;
}

static const Error *local_call(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                               const ProtobufCMessage *request, ProtobufCMessage *response) {
        return dispatch((LocalChannel *) self, ctx,
                        &(RpcCall) { .method = method, .request = request, .response = response });
}

static const Error *local_stream(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                                 const ProtobufCMessage *request, RpcStream *out) {
        return dispatch((LocalChannel *) self, ctx,
                        &(RpcCall) { .method = method, .request = request, .out = out });
}

RpcChannel *rpc_local_channel_new(Arena *arena, const RpcLocalConfig *config) {
        LocalChannel *channel = ARENA_NEW(arena, LocalChannel);

        *channel = (LocalChannel) {
                .base = { .call = local_call, .stream = local_stream },
                .config = *config,
        };
        return &channel->base;
}
