/*
 * One request and its answer, from the request line to the last byte sent. The mover of its connection
 * owns it, lends it to a worker while the connection is suspended, and frees it when libmicrohttpd is done
 * with the request.
 */
#pragma once

#include <microhttpd.h>
#include <stdatomic.h>

#include "base/monitor.h"
#include "http/linger.h"
#include "http/mover.h"
#include "http/server.h"

typedef enum ExchangePhase {
        EXCHANGE_HEAD,   /* request line and headers are read */
        EXCHANGE_BODY,   /* passed the gate */
        EXCHANGE_CALLED, /* a worker has it, or has answered */
} ExchangePhase;

typedef struct Exchange Exchange;
struct Exchange {
        HttpServer *server;
        Mover *mover; /* of its connection */
        struct MHD_Connection *connection;
        ExchangePhase phase;
        const char *target;
        StrBuf body;
        size_t n_received_bytes;
        HttpRequest request;
        HttpResponse response;
        int refusal_status; /* 0: the handler answers */
        const char *refusal_problem;
        bool is_answered; /* by the handler or by a refusal; under the server's lock */
        bool is_in_flight;
        atomic_int n_owners;       /* the mover, and the worker while it runs */
        Exchange *next, *previous; /* in the server's list of those in flight */
};

struct HttpServer {
        HttpServerConfig config;
        Mover **movers; /* config.n_threads of them */
        Linger *linger;
        int listen_fd;
        uint16_t port;
        atomic_bool draining;
        Monitor monitor; /* over those in flight; signalled when there is none */
        Exchange *in_flight;
};

/* Starts one; called by libmicrohttpd as soon as the request line is read. */
Exchange *exchange_new(HttpServer *server, Mover *mover, struct MHD_Connection *connection,
                       const char *target);

/* Takes its next step: checks the head, takes a part of the body, calls the handler, or sends the answer. */
enum MHD_Result exchange_advance(Exchange *exchange, const char *verb, const char *version, const char *data,
                                 size_t *n_bytes);

/* The request is over: sent, or its connection is gone. */
void exchange_complete(Exchange *exchange);

/* Answers 503 instead of the handler, which runs on for nobody. Under the server's lock. */
void exchange_abandon(Exchange *exchange);
