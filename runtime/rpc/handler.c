#include "base/clock.h"
#include "rpc/auth_private.h"
#include "rpc/middleware.h"
#include "rpc/server_call_private.h"

/* What a call needs from its arrival to its answer; in its arena. */
typedef struct Handling {
        AdmissionCall admission;
        ServerCall *call;
        Ctx ctx;
        RpcCall rpc;
} Handling;

static Ctx call_ctx(ServerCall *call) {
        Ctx ctx = ctx_background(call->arena);

        ctx.deadline_us = rpc_wire_deadline_us(call->deadline);
        ctx.cancelled = &call->cancelled;
        ctx.workers = rpc_admission_workers(call->server->config.admission);
        if (call->route->method->call)
                ctx_limit(&ctx, RPC_UNARY_TIMEOUT_MS);
        return ctx;
}

/* Whoever may not call is found out before the request is read. */
static const Error *admit(ServerCall *call, Ctx *ctx, RpcCall *rpc) {
        CallMetadata metadata;
        ProtobufCMessage *request;

        TRY(rpc_metadata_read(ctx->arena, &call->metadata, &metadata));
        rpc_metadata_apply(&metadata, ctx);
        TRY(rpc_identify(ctx, call->server->config.verifier, &metadata));
        TRY(rpc_authorize(ctx, rpc->method));
        TRY(rpc_wire_unpack(ctx->arena, rpc->method->request, call->received, &request));
        rpc->request = request;
        return NULL;
}

/* Each run of a call that waits for its key begins with the context as it came in. */
static void handle_unary(Handling *handling) {
        Ctx ctx = handling->ctx;
        RpcCall *rpc = &handling->rpc;

        rpc->response = proto_message_new(ctx.arena, rpc->method->response);
        const Error *error = rpc_dispatch(&ctx, rpc);
        if (!rpc_admission_parks(&handling->admission, error))
                rpc_call_finish(handling->call, rpc->response, ctx.reply_headers, error);
}

static void handle_stream(Handling *handling) {
        Ctx *ctx = &handling->ctx;
        ServerStream stream;

        rpc_server_stream_init(&stream, handling->call);
        handling->rpc.out = &stream.base;
        const Error *error = rpc_dispatch(ctx, &handling->rpc);
        rpc_server_stream_destroy(&stream);
        rpc_call_finish(handling->call, NULL, ctx->reply_headers, error);
}

static void answer(AdmissionCall *admitted) {
        Handling *handling = (Handling *) admitted;

        if (handling->rpc.method->stream)
                handle_stream(handling);
        else
                handle_unary(handling);
}

/* What is refused needs nobody's room; the call is gone when this returns. */
static void handle(void *job) {
        ServerCall *call = job;
        Handling *handling = ARENA_NEW(call->arena, Handling);
        const Route *route = call->route;

        handling->call = call;
        handling->ctx = call_ctx(call);
        handling->rpc = (RpcCall) {
                .service = route->service,
                .method = route->method,
                .implementation = route->implementation,
                .keys = route->keys,
                .arrived_us = call->arrived_us,
        };
        const Error *refused = admit(call, &handling->ctx, &handling->rpc);
        handling->admission = (AdmissionCall) {
                .method = route->method,
                .ctx = &handling->ctx,
                .run = answer,
        };
        if (!refused)
                refused =
                        rpc_admission_run(call->server->config.admission, call->arena, &handling->admission);
        if (!refused)
                return;
        handling->rpc.refused = refused;
        answer(&handling->admission);
}

void rpc_handler_begin(ServerCall *call) {
        if (!workers_submit(rpc_admission_workers(call->server->config.admission), handle, call))
                rpc_call_finish(call, NULL, NULL, rpc_admission_overloaded(call->arena));
}
