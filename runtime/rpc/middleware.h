/*
 * What happens around every handler, in this order: deadline, trace, log, metrics, authorization, validation.
 * The rpc server and the local channel both dispatch through it.
 */
#pragma once

#include "base/log.h"
#include "rpc/method.h"

typedef struct RpcCall RpcCall;

/* Who keeps the Idempotency-Keys of a service, and the answers that they stand for (app/keys.h). */
typedef struct RpcKeys RpcKeys;
struct RpcKeys {
        /*
         * Claims the key of the context for the call, or finds the answer of an earlier one.
         *
         * ret_is_replay  true: call->response is that answer
         * errors         IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_FLIGHT, UNAVAILABLE, DEADLINE_EXCEEDED
         */
        const Error *(*claim)(RpcKeys *self, Ctx *ctx, const RpcCall *call, bool *ret_is_replay);

        /*
         * After the handler, error is its own: keeps the answer, or lets the key go, so that it begins anew.
         * Returns what the caller is told.
         */
        const Error *(*end)(RpcKeys *self, Ctx *ctx, const RpcCall *call, const Error *error);
};

/* One call on its way to the handler. */
struct RpcCall {
        const RpcService *service;
        const RpcMethod *method;
        void *implementation;
        RpcKeys *keys; /* NULL: its handlers see to their keys themselves */
        const ProtobufCMessage *request;
        ProtobufCMessage *response; /* of a unary method */
        RpcStream *out;             /* of a streaming one */
        const Error *refused;       /* what the edge found wrong: a forged token, a broken message; or NULL */
        int64_t arrived_us;         /* when the edge took it, on the monotonic clock; 0: now */
};

/*
 * Runs the chain and the handler; a call that the edge refused is only logged, counted and answered with its
 * error. An error whose reason the method's proto does not list is answered all the same, and logged as a
 * mistake of ours ("undeclared reason").
 *
 * errors     the handler's; the edge's; INVALID_REQUEST, UNAUTHENTICATED, PERMISSION_DENIED,
 *            DEADLINE_EXCEEDED
 */
const Error *rpc_dispatch(Ctx *ctx, const RpcCall *call) MUST_CHECK;

/*
 * Whether the caller may call the method. A service may call what services may, whoever it acts for: so an
 * edge that speaks for strangers, as the gateway does, asks this before it vouches for them.
 *
 * errors     UNAUTHENTICATED, PERMISSION_DENIED
 */
const Error *rpc_authorize(const Ctx *ctx, const RpcMethod *method) MUST_CHECK;

/*
 * Whether the context's idempotency key, if it has one and the method takes one, has the form that
 * base/idempotency.h says. rpc_dispatch asks it too; an edge whose channel would leave an empty key out asks
 * it before.
 *
 * errors     INVALID_REQUEST, of the field Idempotency-Key
 */
const Error *rpc_check_idempotency_key(const Ctx *ctx, const RpcMethod *method) MUST_CHECK;

/* Whether the method's proto lists the reason, or common.v1 says that every call may be answered with it. */
bool rpc_may_answer(const RpcMethod *method, const char *reason);
