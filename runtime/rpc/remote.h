/* The way to a service in another process, over gRPC. */
#pragma once

#include "auth/token.h"
#include "rpc/channel.h"

/* A call waits this long for a connection: enough for a service that restarts, or a burst at a fresh one. */
#define RPC_CONNECT_MS 2000

typedef struct RpcRemoteConfig {
        /* "127.0.0.1:8002", "dns:///warehouse:8001": all its addresses in turn, "unix:/run/millrace/order" */
        const char *target;
        const char *name;     /* of this service, the subject of its token: "order" */
        TokenSigner *signer;  /* NULL: calls are nobody's */
        int64_t timeout_ms;   /* of a call whose context has no nearer deadline */
} RpcRemoteConfig;

/*
 * A channel over gRPC. It connects when it is first used, and again by itself within a second; meanwhile
 * calls wait for it, at most RPC_CONNECT_MS, then fail with UNAVAILABLE. Any number of threads may call at
 * the same time. The texts and the signer must outlive it.
 *
 * A call whose connection broke before its answer came fails with WRITE_UNCERTAIN (code UNAVAILABLE): it may
 * have been done. UNAVAILABLE means that it was not.
 */
RpcChannel *rpc_remote_channel_new(const RpcRemoteConfig *config);
void rpc_remote_channel_free(RpcChannel *channel); /* when no call is on its way; accepts NULL */
