#include "rpc/server_call_private.h"

static void on_sent(void *owner, bool ok) {
        ServerStream *stream = owner;

        monitor_lock(&stream->monitor);
        stream->is_sending = false;
        stream->is_broken = !ok;
        monitor_signal(&stream->monitor);
        monitor_unlock(&stream->monitor);
}

/* False when the deadline came first. */
static bool wait_until_sent(ServerStream *stream, int64_t deadline_us) {
        monitor_lock(&stream->monitor);
        while (stream->is_sending && monitor_wait(&stream->monitor, deadline_us))
                ;
        bool sent = !stream->is_sending;
        monitor_unlock(&stream->monitor);
        return sent;
}

/* A send that was begun must end before its memory goes: what the client does not read is cut off. */
static void wait_for_send(ServerStream *stream, const Ctx *ctx) {
        if (wait_until_sent(stream, ctx->deadline_us))
                return;
        grpc_call_cancel_with_status(stream->call->call, GRPC_STATUS_DEADLINE_EXCEEDED, "Deadline Exceeded",
                                     NULL);
        wait_until_sent(stream, CTX_NO_DEADLINE);
}

static const Error *server_stream_send(RpcStream *self, Ctx *ctx, const ProtobufCMessage *message) {
        ServerStream *stream = (ServerStream *) self;
        grpc_op ops[2];

        TRY(ctx_check(ctx));
        grpc_byte_buffer *packed = rpc_wire_pack(message);
        size_t n_ops = rpc_call_add_headers(stream->call, ops);
        ops[n_ops++] = (grpc_op) { .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = packed };
        stream->is_sending = true;
        rpc_wire_start(stream->call->call, ops, n_ops, &stream->sent);
        wait_for_send(stream, ctx);
        grpc_byte_buffer_destroy(packed);
        TRY(ctx_check(ctx));
        if (stream->is_broken)
                return error_new(ctx->arena, ERROR_CANCELLED, REASON_CANCELLED, "The client is gone");
        return NULL;
}

void rpc_server_stream_init(ServerStream *stream, ServerCall *call) {
        *stream = (ServerStream) { .base = { .send = server_stream_send },
                                  .call = call,
                                  .sent = { on_sent, stream } };
        monitor_init(&stream->monitor);
}

void rpc_server_stream_destroy(ServerStream *stream) {
        monitor_destroy(&stream->monitor);
}
