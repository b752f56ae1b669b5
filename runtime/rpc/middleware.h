/*
 * What happens around every handler, in this order: deadline, trace, log, metrics, authorization, validation. The rpc
 * server and the local channel both dispatch through it.
 */
#pragma once

#include "rpc/method.h"

/* One call on its way to the handler. */
typedef struct RpcCall {
        const RpcService *service;
        const RpcMethod *method;
        void *implementation;
        const ProtobufCMessage *request;
        ProtobufCMessage *response; /* of a unary method */
        RpcStream *out;             /* of a streaming one */
} RpcCall;

/*
 * Runs the chain and the handler.
 *
 * errors     the handler's; INVALID_REQUEST, UNAUTHENTICATED, PERMISSION_DENIED, DEADLINE_EXCEEDED
 */
const Error *rpc_dispatch(Ctx *ctx, const RpcCall *call) MUST_CHECK;
