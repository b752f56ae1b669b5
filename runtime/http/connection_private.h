/*
 * One client's connection: a state machine that reads a request, lends it to a worker, and writes the answer,
 * one request at a time. What the client sends meanwhile stays where it is and is served after. The end of
 * what it sends ends nothing; when the connection is reset, the call is cancelled.
 */
#pragma once

#include "http/crowd_private.h"
#include "http/head_private.h"
#include "http/mover_private.h"
#include "http/transport_private.h"
#include "http/writer_private.h"

typedef enum ConnectionState {
        CONNECTION_IDLE,     /* before the first byte of a request */
        CONNECTION_HEAD,     /* in its head */
        CONNECTION_BODY,     /* in its body */
        CONNECTION_CALLED,   /* a worker has it */
        CONNECTION_WRITING,  /* the answer goes */
        CONNECTION_PACED,    /* refused for overload, and not heard for a while */
        CONNECTION_DRAINING, /* our half is closed; what comes is thrown away */
        CONNECTION_CLOSED,   /* to be freed */
} ConnectionState;

/* A request on its way to the handler and back. Lives in request.arena. */
typedef struct Exchange {
        Letter letter; /* says that the handler is done */
        Mover *mover;
        Connection *connection; /* NULL: nobody waits for the answer */
        HttpRequest request;
        HttpResponse response;
        size_t n_body_bytes; /* to come in all; request.body has those that are there */
        atomic_bool cancelled;
} Exchange;

struct Connection {
        Source source;
        Letter letter; /* brings it to its mover */
        Timer timer;
        Mover *mover;
        List link; /* in one of the mover's lists */
        Transport transport;
        ConnectionState state;
        CrowdTicket ticket;
        Peer peer;
        char client[INET6_ADDRSTRLEN]; /* who asks: whom the request names, until then the peer */
        Parser parser;
        Head head;
        char *input; /* received and not yet used */
        size_t n_input_bytes, size_bytes;
        Exchange *exchange; /* in CONNECTION_BODY and CONNECTION_CALLED */
        Writer writer;
        Arena *sending;    /* of the answer; NULL: none goes */
        size_t left_bytes; /* to throw away at most */
        bool can_read;     /* as far as we know */
        bool has_ended;    /* the client sends nothing more */
        bool is_vital;     /* the request */
        bool omits_body;   /* of the answer, to HEAD */
        bool closes;       /* after the answer */
        bool is_paced;     /* after the answer */
        bool is_in_flight; /* counted by the server */
};

/* ---- the state machine: connection.c ---- */

/* Waits for its first request. */
void http_connection_begin(Connection *connection);

/* Does what can be done now; after that it may be closed. */
void http_connection_advance(Connection *connection);

/* Its timer has expired. */
void http_connection_late(Connection *connection);

/* Answers 503 to a call that is with a worker, which runs on for nobody. */
void http_connection_abandon(Connection *connection);

/* Gives up what it does, and cancels a call that is with a worker. */
void http_connection_end(Connection *connection);

/* ---- its life among a mover's: connections.c ---- */

/* Of an accepted socket, for a mover to which http_connection_start or its letter brings it. */
Connection *http_connection_new(Mover *mover, int fd, const Peer *peer, CrowdTicket ticket);

/* Frees one that was never started. */
void http_connection_discard(Connection *connection);

/* Begins to serve it; on its mover's thread, like all that follows. */
void http_connection_start(Connection *connection);

/* It is freed by http_connections_free_closed. */
void http_connection_close(Connection *connection);

/* Closes the reserved one that has been here longest and is not being answered. */
void http_connections_evict(Mover *mover);

void http_connections_abandon(Mover *mover);
void http_connections_free_closed(Mover *mover);
void http_connections_close_all(Mover *mover);
