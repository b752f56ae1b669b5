/* An EchoService for tests, and what they need to see how it was called. */
#pragma once

#include "base/monitor.h"
#include "echo/v1/echo.rpc.h"
#include "rpc/remote.h"
#include "rpc/server.h"

/* What `text` of a SayRequest may ask for, beside being sent back. */
#define ECHO_FAIL "fail"         /* an error with violations, records and a retry time */
#define ECHO_BREAK "break"       /* an internal error */
#define ECHO_WAIT "wait"         /* waits until the gate opens, or the call is cancelled or late */
#define ECHO_HEADER "header"     /* a reply header besides the answer */
#define ECHO_LARGE "large"       /* an answer that no message may be as large as */

typedef struct Echo {
        EchoService base;
        Monitor monitor;
        bool gate_open;
        int n_waiting;   /* handlers at the gate */
        int n_cancelled; /* handlers that saw their call end before the gate opened */
        int n_sent;      /* answers of Count */
} Echo;

void echo_init(Echo *echo);
void echo_open_gate(Echo *echo);

/* Waits until so many handlers are at the gate, or were cancelled at it; fails the test after 5 s. */
void echo_wait_waiting(Echo *echo, int n);
void echo_wait_cancelled(Echo *echo, int n);

/* A server of the echo service, at a free port of 127.0.0.1 unless told otherwise, with a channel to it. */
typedef struct EchoServer {
        Echo echo;
        Workers *workers;
        Admission *admission;
        RpcServer *server;
        RpcChannel *channel;
        EchoService *stub;
        Arena *arena;
} EchoServer;

typedef struct EchoSettings {
        size_t n_workers; /* 0: 4 */
        size_t queue_limit; /* 0: 64 */
        size_t caller_calls, caller_waiting; /* 0: any number */
        uint16_t port; /* 0: any free one */
        TokenVerifier *verifier;
        TokenSigner *signer; /* of the channel */
        const char *unix_socket; /* "unix:PATH"; NULL: none */
} EchoSettings;

EchoServer *echo_server_start(const EchoSettings *settings);
void echo_server_stop(EchoServer *server);
