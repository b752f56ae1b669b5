/* The life of one call from its arrival to its status, and the stream of its answers. */
#pragma once

#include "rpc/metadata_private.h"
#include "rpc/server_private.h"
#include "rpc/status_private.h"

/*
 * A call slot. While armed it waits for a call; then it belongs to whoever handles that call, until
 * rpc_call_finish. It is used again when gRPC core has sent the status and has said that the call is over.
 */
struct ServerCall {
        RpcServer *server;
        const Route *route;
        grpc_completion_queue *cq;
        List link; /* among the free ones, or the sessions */
        grpc_call *call;
        gpr_timespec deadline;
        grpc_metadata_array metadata;
        grpc_call_details details;
        grpc_byte_buffer *received;
        int64_t arrived_us;
        atomic_bool cancelled;
        int close_cancelled;
        atomic_int n_ends; /* how many of the operations finished and closed are still under way */
        bool is_busy; /* from its arrival until it is over */
        bool headers_sent;
        Arena *arena; /* of the handler; reset before the status is sent */
        /* A session hears that its call was cancelled. */
        void *session;
        void (*session_closed)(void *session);
        bool in_sessions;
        /* What the last batch sends. */
        MetadataList trailing;
        grpc_slice status_message;
        grpc_byte_buffer *answer;
        Op arrived;
        Op closed;
        Op finished;
};

/* Waits for the next call of the route, in gRPC core. */
void rpc_call_arm(RpcServer *server, const Route *route, grpc_completion_queue *cq);

/*
 * Sends the answer (NULL: none, or an error), the reply headers (NULL: none) and the status; the call is not
 * the handler's any more.
 */
void rpc_call_finish(ServerCall *call, const ProtobufCMessage *answer, const ReplyHeader *headers,
                     const Error *error);

/* Frees what a call slot holds for its next use. */
void rpc_call_free(ServerCall *call);

/*
 * Makes the call a session: long-lived, driven by its operations, and cancelled when the server drains. False
 * when it drains already; the caller then finishes the call.
 */
bool rpc_call_begin_session(ServerCall *call, void *session, void (*closed)(void *session));

/* Adds the initial metadata to a batch unless it is sent already; returns how many operations it added. */
size_t rpc_call_add_headers(ServerCall *call, grpc_op *ops);

/* Runs a unary or server-streaming handler on the workers. */
void rpc_handler_begin(ServerCall *call);

/* The stream of a call, for its handler. */
typedef struct ServerStream {
        RpcStream base;
        ServerCall *call;
        Op sent;
        Monitor monitor;
        bool is_sending;
        bool is_broken;
} ServerStream;

void rpc_server_stream_init(ServerStream *stream, ServerCall *call);
void rpc_server_stream_destroy(ServerStream *stream);
