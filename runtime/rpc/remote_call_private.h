/* The inside of the remote channel: its connection, its token, and the calls on their way. */
#pragma once

#include <pthread.h>

#include "rpc/metadata_private.h"
#include "rpc/remote.h"
#include "rpc/server.h"
#include "rpc/status_private.h"
#include "rpc/wire_private.h"

/* A completion queue that one call at a time waits at, on the caller's own thread. */
typedef struct CallQueue {
        grpc_completion_queue *cq;
        struct CallQueue *next;
} CallQueue;

typedef struct RemoteChannel {
        RpcChannel base;
        RpcRemoteConfig config;
        grpc_channel *channel;
        pthread_mutex_t lock;
        CallQueue *free_queues;
        grpc_slice token;
        int64_t token_renew_us; /* on the monotonic clock; 0: there is none yet */
} RemoteChannel;

CallQueue *rpc_remote_take_queue(RemoteChannel *channel);
void rpc_remote_give_queue(RemoteChannel *channel, CallQueue *queue);

/* The service token of now; the caller unrefs it. errors: internal, when it cannot be signed */
const Error *rpc_remote_token(RemoteChannel *channel, Arena *arena, grpc_slice *ret_token) MUST_CHECK;

/* The calls of the channel (see RpcChannel). */
const Error *rpc_remote_unary(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                              const ProtobufCMessage *request, ProtobufCMessage *response) MUST_CHECK;
const Error *rpc_remote_stream(RpcChannel *self, Ctx *ctx, const RpcMethod *method,
                               const ProtobufCMessage *request, RpcStream *out) MUST_CHECK;
