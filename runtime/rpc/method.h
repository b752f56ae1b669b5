/*
 * The method table, which rpcgen writes from the protos: what the server, the channels, authorization, the
 * REST gateway, reflection and metrics need to know about each RPC. Knows nothing of gRPC core.
 */
#pragma once

#include "base/ctx.h"
#include "proto/message.h"

/* How one RPC shows in REST (google.api.http). */
typedef struct RpcHttpRule {
        const char *verb;          /* "GET" */
        const char *path;          /* "/api/v1/orders/{order_id}": names are proto field names */
        const char *body;          /* "*", a field's name, or NULL: no body */
        const char *response_body; /* a field's name: only that field is the answer; or NULL */
        int status;                /* of a success: 200, 201 */
} RpcHttpRule;

/* Where a server-streaming handler sends its answers. */
typedef struct RpcStream RpcStream;
struct RpcStream {
        /*
         * Waits until it is sent; the message is only borrowed.
         * errors: CANCELLED when the client is gone, DEADLINE_EXCEEDED
         */
        const Error *(*send)(RpcStream *self, Ctx *ctx, const ProtobufCMessage *message);
};

/* Why a call fails: a value of the enum Reason of a proto. */
typedef struct RpcReason {
        const char *name; /* "HOLD_CLOSED"; NULL ends a table */
        int http_status;  /* 0: what the error's code says */
        bool every_call;  /* any method may answer with it, and none lists it */
} RpcReason;

typedef struct RpcMethod {
        const char *name;    /* "PlaceOrder" */
        const char *path;    /* "/order.v1.OrderService/PlaceOrder" */
        const char *comment; /* of the proto */
        const MessageInfo *request;
        const MessageInfo *response;
        unsigned access;     /* set of Role; 0: nobody */
        const char *instead; /* what a caller that may not call should do; NULL: nothing is said */
        bool takes_key;      /* an Idempotency-Key: done once, however often it is sent */
        bool long_running;   /* may last as long as placing an order */
        bool inner;          /* other services wait for it: workers are kept for it */
        const RpcHttpRule *http;
        size_t n_http;
        /* The reasons that it may answer with beside those of every call, NULL-terminated; NULL: none. */
        const char *const *errors;
        /* Exactly one of the two; self is the service's interface struct. */
        const Error *(*call)(void *self, Ctx *ctx, const ProtobufCMessage *request,
                             ProtobufCMessage *response);
        const Error *(*stream)(void *self, Ctx *ctx, const ProtobufCMessage *request, RpcStream *out);
} RpcMethod;

typedef struct RpcService {
        const char *name;      /* "order.v1.OrderService" */
        const char *domain;    /* "order": its package's first word, the name of the service that serves it */
        uint16_t default_port; /* where its callers look for it unless they are told; 0: nowhere */
        const RpcMethod *methods;
        size_t n_methods;
        const struct RpcFile *file; /* that defines it */
} RpcService;

/* One serialized google.protobuf.FileDescriptorProto, for reflection. */
typedef struct RpcFile RpcFile;
struct RpcFile {
        const char *name; /* "order/v1/order.proto" */
        Bytes descriptor;
        const char *const *symbols;    /* full names that it defines, NULL-terminated */
        const RpcFile *const *imports; /* NULL-terminated */
};
