#include "rpc/server_call_private.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

static ServerCall *take_free(RpcServer *server) {
        monitor_lock(&server->monitor);
        ServerCall *call = LIST_FIRST(&server->free_calls, ServerCall, link);
        if (call)
                list_remove(&call->link);
        monitor_unlock(&server->monitor);
        return call;
}

static void give_back(ServerCall *call) {
        RpcServer *server = call->server;

        monitor_lock(&server->monitor);
        list_prepend(&server->free_calls, &call->link);
        if (call->is_busy && --server->n_busy == 0)
                monitor_broadcast(&server->monitor);
        call->is_busy = false;
        monitor_unlock(&server->monitor);
}

static void mark_busy(ServerCall *call) {
        RpcServer *server = call->server;

        monitor_lock(&server->monitor);
        call->is_busy = true;
        server->n_busy++;
        monitor_unlock(&server->monitor);
}

/* What one call leaves behind; the array of the metadata is kept for the next. */
static void recycle(ServerCall *call) {
        if (call->call)
                grpc_call_unref(call->call);
        call->call = NULL;
        call->metadata.count = 0;
        if (!call->route->registered)
                grpc_call_details_destroy(&call->details);
        if (call->received)
                grpc_byte_buffer_destroy(call->received);
        call->received = NULL;
        if (call->answer)
                grpc_byte_buffer_destroy(call->answer);
        call->answer = NULL;
        grpc_slice_unref(call->status_message);
        call->status_message = grpc_empty_slice();
        rpc_metadata_clear(&call->trailing);
        give_back(call);
}

/* The status is sent and the call is over: these come in any order. */
static void one_end(ServerCall *call) {
        if (atomic_fetch_sub(&call->n_ends, 1) == 1)
                recycle(call);
}

static void on_finished(void *owner, bool ok) {
        (void) ok;
        one_end(owner);
}

static void on_closed(void *owner, bool ok) {
        ServerCall *call = owner;

        (void) ok;
        if (call->close_cancelled) {
                atomic_store(&call->cancelled, true);
                if (call->session_closed)
                        call->session_closed(call->session);
        }
        one_end(call);
}

static void watch_for_close(ServerCall *call) {
        const grpc_op op = { .op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                             .data.recv_close_on_server.cancelled = &call->close_cancelled };

        rpc_wire_start(call->call, &op, 1, &call->closed);
}

static void on_arrived(void *owner, bool ok) {
        ServerCall *call = owner;

        if (!ok) {
                recycle(call);
                return;
        }
        mark_busy(call);
        rpc_call_arm(call->server, call->route, call->cq);
        call->arrived_us = clock_monotonic_us();
        if (!call->route->registered)
                call->deadline = call->details.deadline;
        call->headers_sent = false;
        call->session_closed = NULL;
        atomic_store(&call->cancelled, false);
        atomic_store(&call->n_ends, 2);
        watch_for_close(call);
        call->route->begin(call);
}

static ServerCall *call_new(RpcServer *server) {
        ServerCall *call = MEMORY_NEW(ServerCall);

        call->server = server;
        call->arena = arena_new();
        call->arrived = (Op) { on_arrived, call };
        call->closed = (Op) { on_closed, call };
        call->finished = (Op) { on_finished, call };
        call->status_message = grpc_empty_slice();
        grpc_metadata_array_init(&call->metadata);
        return call;
}

void rpc_call_free(ServerCall *call) {
        grpc_metadata_array_destroy(&call->metadata);
        arena_free(call->arena);
        free(call);
}

void rpc_call_arm(RpcServer *server, const Route *route, grpc_completion_queue *cq) {
        ServerCall *call = take_free(server);

        if (!call)
                call = call_new(server);
        call->route = route;
        call->cq = cq;
        if (route->registered) {
                grpc_server_request_registered_call(
                        server->server, route->registered, &call->call, &call->deadline, &call->metadata,
                        route->reads_later ? NULL : &call->received, cq, cq, &call->arrived);
                return;
        }
        grpc_call_details_init(&call->details);
        grpc_server_request_call(server->server, &call->call, &call->details, &call->metadata, cq, cq,
                                 &call->arrived);
}

bool rpc_call_begin_session(ServerCall *call, void *session, void (*closed)(void *session)) {
        RpcServer *server = call->server;

        monitor_lock(&server->monitor);
        bool begins = !server->draining;
        if (begins) {
                call->session = session;
                call->session_closed = closed;
                list_prepend(&server->sessions, &call->link);
                call->in_sessions = true;
        }
        monitor_unlock(&server->monitor);
        return begins;
}

static void end_session(ServerCall *call) {
        RpcServer *server = call->server;

        monitor_lock(&server->monitor);
        list_remove(&call->link);
        call->in_sessions = false;
        call->session_closed = NULL;
        monitor_unlock(&server->monitor);
}

size_t rpc_call_add_headers(ServerCall *call, grpc_op *ops) {
        if (call->headers_sent)
                return 0;
        call->headers_sent = true;
        ops[0] = (grpc_op) { .op = GRPC_OP_SEND_INITIAL_METADATA };
        return 1;
}

static void add_trailing(ServerCall *call, const ReplyHeader *headers, const RpcStatus *status) {
        if (status->details.n_bytes > 0)
                rpc_metadata_add_bytes(&call->trailing, METADATA_STATUS_DETAILS, status->details.data,
                                       status->details.n_bytes);
        for (; headers; headers = headers->next)
                rpc_metadata_add(&call->trailing, headers->name, headers->value);
}

static const Error *check_size(ServerCall *call, const ProtobufCMessage *answer) {
        size_t n_bytes = protobuf_c_message_get_packed_size(answer);

        if (n_bytes <= MESSAGE_MAX_BYTES)
                return NULL;
        log_error("an answer is larger than messages may be", log_text("method", call->route->path),
                  log_number("bytes", (int64_t) n_bytes));
        return error_internal(call->arena, NULL, "The answer is too large");
}

/* When it returns nothing refers to the arena, whose cleanups give back what the next call may need. */
static int prepare_answer(ServerCall *call, const ProtobufCMessage *answer, const ReplyHeader *headers,
                          const Error *error) {
        if (!error && answer)
                error = check_size(call, answer);
        RpcStatus status = rpc_status_of(call->arena, error);

        add_trailing(call, headers, &status);
        if (!error && answer)
                call->answer = rpc_wire_pack(answer);
        call->status_message = grpc_slice_from_copied_string(status.message);
        arena_reset(call->arena);
        return status.code;
}

void rpc_call_finish(ServerCall *call, const ProtobufCMessage *answer, const ReplyHeader *headers,
                     const Error *error) {
        int code = prepare_answer(call, answer, headers, error);
        grpc_op ops[3];

        if (call->in_sessions)
                end_session(call);
        size_t n_ops = rpc_call_add_headers(call, ops);
        if (call->answer)
                ops[n_ops++] = (grpc_op) { .op = GRPC_OP_SEND_MESSAGE,
                                          .data.send_message.send_message = call->answer };
        ops[n_ops++] = (grpc_op) {
                .op = GRPC_OP_SEND_STATUS_FROM_SERVER,
                .data.send_status_from_server = {
                        .trailing_metadata_count = call->trailing.n,
                        .trailing_metadata = call->trailing.items,
                        .status = (grpc_status_code) code,
                        .status_details = &call->status_message,
                },
        };
        rpc_wire_start(call->call, ops, n_ops, &call->finished);
}
