#include "base/clock.h"
#include "rpc/auth.h"
#include "rpc/middleware.h"
#include "rpc/server_call.h"

#define OVERLOADED_RETRY_MS 100

static Ctx call_ctx(ServerCall *call) {
        Ctx ctx = ctx_background(call->arena);

        ctx.deadline_us = wire_deadline_us(call->deadline);
        ctx.cancelled = &call->cancelled;
        ctx.workers = call->server->config.workers;
        if (call->route->method->call)
                ctx_limit(&ctx, RPC_UNARY_TIMEOUT_MS);
        return ctx;
}

/* Whoever may not call is found out before the request is read. */
static const Error *admit(ServerCall *call, Ctx *ctx, RpcCall *rpc) {
        CallMetadata metadata;
        ProtobufCMessage *request;

        TRY(metadata_read(ctx->arena, &call->metadata, &metadata));
        metadata_apply(&metadata, ctx);
        TRY(rpc_identify(ctx, call->server->config.verifier, &metadata));
        TRY(wire_unpack(ctx->arena, rpc->method->request, call->received, &request));
        rpc->request = request;
        return NULL;
}

static void handle_unary(ServerCall *call, Ctx *ctx, RpcCall *rpc) {
        rpc->response = message_new(ctx->arena, rpc->method->response);
        const Error *error = rpc_dispatch(ctx, rpc);
        call_finish(call, rpc->response, ctx->reply_headers, error);
}

static void handle_stream(ServerCall *call, Ctx *ctx, RpcCall *rpc) {
        ServerStream stream;

        server_stream_init(&stream, call);
        rpc->out = &stream.base;
        const Error *error = rpc_dispatch(ctx, rpc);
        server_stream_destroy(&stream);
        call_finish(call, NULL, ctx->reply_headers, error);
}

static void handle(void *job) {
        ServerCall *call = job;
        Ctx ctx = call_ctx(call);
        RpcCall rpc = {
                .service = call->route->service,
                .method = call->route->method,
                .implementation = call->route->implementation,
                .arrived_us = call->arrived_us,
        };

        rpc.refused = admit(call, &ctx, &rpc);
        if (rpc.method->stream)
                handle_stream(call, &ctx, &rpc);
        else
                handle_unary(call, &ctx, &rpc);
}

static const Error *overloaded(Arena *arena) {
        Error *error = error_new(arena, ERROR_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                                 "All workers are busy; nothing was done");

        error->retry_after_ms = OVERLOADED_RETRY_MS;
        return error;
}

void handler_begin(ServerCall *call) {
        if (!workers_submit(call->server->config.workers, handle, call))
                call_finish(call, NULL, NULL, overloaded(call->arena));
}
