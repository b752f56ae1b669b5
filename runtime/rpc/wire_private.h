/* Between our types and those of gRPC core: texts, messages, deadlines, and a completion queue's tags. */
#pragma once

#include <grpc/byte_buffer.h>
#include <grpc/grpc.h>
#include <grpc/slice.h>

#include "proto/message.h"

/*
 * One operation that gRPC core carries out; its address is the tag, done runs on a completion-queue thread.
 */
typedef struct Op {
        void (*done)(void *owner, bool ok);
        void *owner;
} Op;

/* Starts gRPC core, once more, and sends what it logs into our log; undone by grpc_shutdown. */
void rpc_wire_init(void);

/* Starts a batch with op as its tag. A batch that gRPC core refuses is a bug of ours: aborts. */
void rpc_wire_start(grpc_call *call, const grpc_op *ops, size_t n_ops, Op *op);

/* The text of a slice; lives in arena. */
char *rpc_wire_text(Arena *arena, grpc_slice slice);

bool rpc_wire_slice_equal(grpc_slice slice, const char *text);

/* Packs a message; the caller destroys the buffer. */
grpc_byte_buffer *rpc_wire_pack(const ProtobufCMessage *message);

/*
 * Unpacks a received buffer (NULL: there was none), which stays the caller's; one in gzip is unfolded.
 *
 * ret_message  in arena
 * errors       INVALID_REQUEST, MESSAGE_TOO_LARGE
 */
const Error *rpc_wire_unpack(Arena *arena, const MessageInfo *info, grpc_byte_buffer *buffer,
                             ProtobufCMessage **ret_message) MUST_CHECK;

/* Between a context's deadline (on the monotonic clock, CTX_NO_DEADLINE) and gRPC core's. */
gpr_timespec rpc_wire_deadline(int64_t deadline_us);
int64_t rpc_wire_deadline_us(gpr_timespec deadline);

/* One setting of a server or a channel. */
grpc_arg rpc_wire_arg(const char *name, int value);
