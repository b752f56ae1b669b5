/*
 * Serves RPC services over gRPC. Few threads move bytes, the workers run the handlers when it is a call's
 * turn (rpc/admission.h), and a call that no worker can take soon is refused at once (RESOURCE_EXHAUSTED,
 * OVERLOADED). Every server also answers health checks (grpc.health.v1), without a worker, and reflection
 * (grpc.reflection.v1 and v1alpha) when it is told to.
 *
 * Not for strangers: gRPC core 1.51 gives a client that opens and resets calls as fast as it can all the
 * memory that it wants (269 MB for 50,000).
 *
 * Calls carry: `authorization: Bearer` (a user token) or `x-millrace-service-token` with
 * `x-millrace-caller-id` and `x-millrace-caller-roles` (see rpc/auth.h), `traceparent`, `x-request-id`,
 * `idempotency-key`. Reply headers come back as trailing metadata. An error's details are in
 * `grpc-status-details-bin`: google.rpc.ErrorInfo, BadRequest, RetryInfo and common.v1.ErrorRecords.
 *
 * Of a call's head gRPC core 1.51 itself refuses another verb than POST and another te than trailers
 * (UNKNOWN), and the encoding deflate (UNIMPLEMENTED). Messages in gzip are unfolded by us, to at most
 * MESSAGE_MAX_BYTES: gRPC core would give one whatever memory it unfolds to. It shows nobody the content
 * type, and reads an encoding that it does not know as none, so these are not refused: what faces strangers
 * is the gateway.
 */
#pragma once

#include "auth/token.h"
#include "rpc/admission.h"
#include "rpc/middleware.h"

#define RPC_MAX_METADATA_BYTES 8192
#define RPC_MAX_STREAMS 128                 /* calls at a time on one connection; more wait at the client */
#define RPC_UNARY_TIMEOUT_MS INT64_C(60000) /* of a unary call that comes without a nearer deadline */

typedef struct RpcServer RpcServer;

typedef struct RpcServerConfig {
        const char *address; /* "127.0.0.1", or a socket's "unix:/run/millrace/order" */
        uint16_t port;       /* 0: any free one, see rpc_server_port; means nothing to a unix socket */
        size_t n_threads;    /* that move bytes; at least 1 */
        Admission *admission;
        TokenVerifier *verifier; /* NULL: every caller is anonymous */
        bool reflection;         /* describes the services to whoever asks */
} RpcServerConfig;

RpcServer *rpc_server_new(const RpcServerConfig *config);

/* Before it starts; all must outlive the server. keys may be NULL. */
void rpc_server_add(RpcServer *server, const RpcService *service, void *implementation, RpcKeys *keys);

/*
 * Listens and serves; health says NOT_SERVING until rpc_server_set_serving.
 *
 * errors     UNAVAILABLE when the port is taken, or the address not ours (the message names it)
 */
const Error *rpc_server_start(RpcServer *server, Arena *arena) MUST_CHECK;

/* The port that it listens on; 0 of a unix socket. */
uint16_t rpc_server_port(const RpcServer *server);

/* Whether it still takes new connections; waits for about a second at most. */
bool rpc_server_answers(const RpcServer *server);

/* What health says from now on; those who watch it are told. Any thread. */
void rpc_server_set_serving(RpcServer *server, bool serving);

/*
 * Takes no new calls: clients are told to go elsewhere. Calls in flight go on. A call that comes at that
 * very instant gRPC core may drop, so that it ends at its deadline: health says NOT_SERVING before.
 */
void rpc_server_drain(RpcServer *server);

/* Drains, waits until every call is answered, at most timeout_ms, then cancels what is left. */
void rpc_server_stop(RpcServer *server, int64_t timeout_ms);

/* After rpc_server_stop, or when it never started. Accepts NULL. */
void rpc_server_free(RpcServer *server);
