#include "rpc/remote_call_private.h"

#include <grpc/support/alloc.h>
#include <grpc/support/time.h>
#include <string.h>

#include "base/task.h"
#include "base/trace.h"

/*
 * How often a call that waits looks whether its own caller is still there: a context's cancellation is a flag
 * that wakes nobody. Longer than most calls last, since each look is two context switches.
 */
#define CANCEL_POLL_MS 100

/* One call on its way; on the caller's stack. */
typedef struct RemoteCall {
        RemoteChannel *channel;
        const RpcMethod *method;
        Ctx *ctx;
        CallQueue *queue;
        grpc_call *call;
        MetadataList metadata;
        grpc_metadata_array initial;
        grpc_metadata_array trailing;
        grpc_status_code code;
        grpc_slice message;
        grpc_byte_buffer *request;
        grpc_byte_buffer *answer;
} RemoteCall;

static const Error *add_text(RemoteCall *call, const char *name, const char *value) {
        if (str_is_empty(value) || rpc_metadata_add(&call->metadata, name, value))
                return NULL;
        return error_new(call->ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                         "%s holds characters that cannot be sent", name);
}

/* Who calls is only said together with the token that makes it believed. */
static const Error *add_identity(RemoteCall *call) {
        const Caller *caller = call->ctx->caller;
        grpc_slice token;

        if (!call->channel->config.signer)
                return NULL;
        TRY(rpc_remote_token(call->channel, call->ctx->arena, &token));
        rpc_metadata_add_slice(&call->metadata, METADATA_SERVICE_TOKEN, token);
        TRY(add_text(call, METADATA_CLIENT, call->ctx->client));
        TRY(add_text(call, METADATA_CALLER_ID, caller->id));
        return add_text(call, METADATA_CALLER_ROLES,
                        rpc_metadata_format_roles(call->ctx->arena, caller->roles));
}

static const Error *add_metadata(RemoteCall *call) {
        const Ctx *ctx = call->ctx;

        TRY(add_identity(call));
        TRY(add_text(call, METADATA_TRACE, trace_child(ctx->arena, &ctx->trace)));
        TRY(add_text(call, METADATA_REQUEST_ID, ctx->trace.request_id));
        return add_text(call, METADATA_IDEMPOTENCY_KEY, ctx->idempotency_key);
}

static const Error *check_size(Ctx *ctx, const ProtobufCMessage *request) {
        if (protobuf_c_message_get_packed_size(request) <= MESSAGE_MAX_BYTES)
                return NULL;
        return error_new(ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                         "The request is larger than %d bytes", MESSAGE_MAX_BYTES);
}

static gpr_timespec call_deadline(const RemoteCall *call) {
        Ctx limited = *call->ctx;

        if (call->method->call)
                ctx_limit(&limited, call->channel->config.timeout_ms);
        return rpc_wire_deadline(limited.deadline_us);
}

/* True as soon as there is a connection; asking for its state makes the channel connect. */
static bool wait_for_connection(RemoteCall *call) {
        grpc_channel *channel = call->channel->channel;
        Ctx limited = *call->ctx;

        ctx_limit(&limited, RPC_CONNECT_MS);
        for (;;) {
                grpc_connectivity_state state = grpc_channel_check_connectivity_state(channel, 1);

                if (state == GRPC_CHANNEL_READY)
                        return true;
                if (ctx_check(&limited))
                        return false;
                gpr_timespec look = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                                                 gpr_time_from_millis(CANCEL_POLL_MS, GPR_TIMESPAN));
                grpc_channel_watch_connectivity_state(channel, state, look, call->queue->cq, call);
                grpc_completion_queue_pluck(call->queue->cq, call, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
        }
}

/* Without a connection nothing was done, which is more to know than that it is late. */
static const Error *connect_first(RemoteCall *call) {
        Arena *arena = call->ctx->arena;

        call->queue = rpc_remote_take_queue(call->channel);
        if (wait_for_connection(call))
                return NULL;
        if (call->ctx->cancelled && atomic_load(call->ctx->cancelled))
                return ctx_check(call->ctx);
        return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                          error_internal(arena, NULL, "There is no connection to %s",
                                         call->channel->config.target),
                          "The service does not answer");
}

static const Error *call_begin(RemoteCall *call, RpcChannel *channel, Ctx *ctx, const RpcMethod *method,
                               const ProtobufCMessage *request) {
        *call = (RemoteCall) { .channel = (RemoteChannel *) channel, .method = method, .ctx = ctx };
        TRY(ctx_check(ctx));
        task_will_wait(ctx);
        TRY(check_size(ctx, request));
        TRY(add_metadata(call));
        TRY(connect_first(call));
        call->request = rpc_wire_pack(request);
        call->message = grpc_empty_slice();
        call->call = grpc_channel_create_call(call->channel->channel, NULL, GRPC_PROPAGATE_DEFAULTS,
                                              call->queue->cq, grpc_slice_from_static_string(method->path),
                                              NULL, call_deadline(call), NULL);
        return NULL;
}

static void call_end(RemoteCall *call) {
        rpc_metadata_clear(&call->metadata);
        if (call->call)
                grpc_call_unref(call->call);
        if (call->queue)
                rpc_remote_give_queue(call->channel, call->queue);
        if (!call->call)
                return;
        grpc_metadata_array_destroy(&call->initial);
        grpc_metadata_array_destroy(&call->trailing);
        grpc_slice_unref(call->message);
        grpc_byte_buffer_destroy(call->request);
        if (call->answer)
                grpc_byte_buffer_destroy(call->answer);
}

/* Where the wait for an operation ends in between, to look whether the caller is still there. */
static gpr_timespec next_look(const Ctx *ctx) {
        if (!ctx->cancelled)
                return gpr_inf_future(GPR_CLOCK_MONOTONIC);
        return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(CANCEL_POLL_MS, GPR_TIMESPAN));
}

/* False when the operation failed; the status then says why. */
static bool wait_for(RemoteCall *call, void *tag) {
        for (;;) {
                grpc_event event =
                        grpc_completion_queue_pluck(call->queue->cq, tag, next_look(call->ctx), NULL);

                if (event.type == GRPC_OP_COMPLETE)
                        return event.success;
                if (atomic_load(call->ctx->cancelled))
                        grpc_call_cancel(call->call, NULL);
        }
}

static void start(RemoteCall *call, const grpc_op *ops, size_t n_ops, void *tag) {
        rpc_wire_start(call->call, ops, n_ops, tag);
}

static size_t add_request(RemoteCall *call, grpc_op *ops) {
        ops[0] = (grpc_op) {
                .op = GRPC_OP_SEND_INITIAL_METADATA,
                .flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY, /* if it is lost this instant */
                .data.send_initial_metadata = { .count = call->metadata.n, .metadata = call->metadata.items },
        };
        ops[1] = (grpc_op) { .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = call->request };
        ops[2] = (grpc_op) { .op = GRPC_OP_SEND_CLOSE_FROM_CLIENT };
        ops[3] = (grpc_op) {
                .op = GRPC_OP_RECV_INITIAL_METADATA,
                .data.recv_initial_metadata.recv_initial_metadata = &call->initial,
        };
        return 4;
}

static size_t add_answer(RemoteCall *call, grpc_op *ops) {
        ops[0] = (grpc_op) { .op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &call->answer };
        return 1;
}

static size_t add_status(RemoteCall *call, grpc_op *ops) {
        ops[0] = (grpc_op) {
                .op = GRPC_OP_RECV_STATUS_ON_CLIENT,
                .data.recv_status_on_client = {
                        .trailing_metadata = &call->trailing,
                        .status = &call->code,
                        .status_details = &call->message,
                },
        };
        return 1;
}

/* True once the call was bound to a connection, so that the service may have seen it. */
static bool was_sent(RemoteCall *call) {
        char *peer = grpc_call_get_peer(call->call);
        char *target = grpc_channel_get_target(call->channel->channel);
        bool sent = !str_equal(peer, target);

        gpr_free(peer);
        gpr_free(target);
        return sent;
}

/* What gRPC says of a connection names addresses, which are for the log alone. */
static const Error *connection_error(RemoteCall *call, const RpcStatus *status) {
        Arena *arena = call->ctx->arena;
        const Error *cause = error_internal(arena, NULL, "%s: %s", call->method->path, status->message);

        if (was_sent(call))
                return error_wrap(arena, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, cause,
                                  "The connection broke before the service answered");
        return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause, "The service does not answer");
}

static const Error *call_error(RemoteCall *call) {
        Arena *arena = call->ctx->arena;
        RpcStatus status = { .code = (int) call->code };

        rpc_metadata_read_reply(call->ctx, &call->trailing, &status.details);
        if (call->code == GRPC_STATUS_OK)
                return NULL;
        status.message = rpc_wire_text(arena, call->message);
        if (status.details.n_bytes == 0 && call->code == GRPC_STATUS_UNAVAILABLE)
                return connection_error(call, &status);
        return rpc_status_error(arena, &status);
}

static const Error *read_answer(RemoteCall *call, Arena *arena, ProtobufCMessage **ret_answer) {
        const Error *cause = rpc_wire_unpack(arena, call->method->response, call->answer, ret_answer);

        if (!cause)
                return NULL;
        return error_internal(call->ctx->arena, error_copy(call->ctx->arena, cause),
                              "%s sent an answer that is none", call->method->path);
}

static const Error *call_unary(RemoteCall *call, ProtobufCMessage *response) {
        ProtobufCMessage *answer;
        grpc_op ops[6];

        size_t n_ops = add_request(call, ops);
        n_ops += add_answer(call, ops + n_ops);
        n_ops += add_status(call, ops + n_ops);
        start(call, ops, n_ops, call);
        wait_for(call, call);
        TRY(call_error(call));
        TRY(read_answer(call, call->ctx->arena, &answer));
        memcpy(response, answer, answer->descriptor->sizeof_message);
        return NULL;
}

const Error *rpc_remote_unary(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                              const ProtobufCMessage *request, ProtobufCMessage *response) {
        RemoteCall call;

        const Error *error = call_begin(&call, self, ctx, method, request);
        if (!error)
                error = call_unary(&call, response);
        call_end(&call);
        return error;
}

/* Waits for one more answer; NULL in call->answer: there is none. */
static void receive(RemoteCall *call) {
        grpc_op op;

        call->answer = NULL;
        start(call, &op, add_answer(call, &op), &call->answer);
        wait_for(call, &call->answer);
}

/* Each answer lives only while it is handed on, for a stream may be longer than memory. */
static const Error *pass_on(RemoteCall *call, Arena *scratch, RpcStream *out) {
        ProtobufCMessage *answer;

        const Error *error = read_answer(call, scratch, &answer);
        grpc_byte_buffer_destroy(call->answer);
        call->answer = NULL;
        TRY(error);
        return out->send(out, call->ctx, answer);
}

static const Error *pass_on_all(RemoteCall *call, RpcStream *out) {
        Arena *scratch = arena_new();
        const Error *error = NULL;

        for (receive(call); call->answer && !error; arena_reset(scratch)) {
                error = pass_on(call, scratch, out);
                if (!error)
                        receive(call);
        }
        arena_free(scratch);
        return error;
}

static const Error *call_stream(RemoteCall *call, RpcStream *out) {
        grpc_op request[4], status;

        start(call, &status, add_status(call, &status), &call->code);
        start(call, request, add_request(call, request), &call->request);
        wait_for(call, &call->request);
        const Error *error = pass_on_all(call, out);
        if (error)
                grpc_call_cancel(call->call, NULL);
        wait_for(call, &call->code);
        return error ? error : call_error(call);
}

const Error *rpc_remote_stream(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                               const ProtobufCMessage *request, RpcStream *out) {
        RemoteCall call;

        const Error *error = call_begin(&call, self, ctx, method, request);
        if (!error)
                error = call_stream(&call, out);
        call_end(&call);
        return error;
}
