/*
 * The HTTP/1.1 edge: a strict reader of our own on a few threads, handlers on the workers. What smells of
 * request smuggling, a body over the limit, or a full queue is answered here and never reaches the handler.
 * Bodies have a Content-Length; there are no chunks, no upgrades and no second request before the answer.
 */
#pragma once

#include <stdatomic.h>

#include "base/error.h"
#include "base/str.h"
#include "base/workers.h"
#include "http/address.h"

/* Limits of every request; each is answered with the status in brackets. */
#define HTTP_MAX_LINE_BYTES (8 * 1024)  /* [414] of the request line, with its end */
#define HTTP_MAX_HEAD_BYTES (32 * 1024) /* [431] of request line and headers */
#define HTTP_MAX_HEADERS 100            /* [431] */
#define HTTP_MAX_QUERY 64               /* [400] parameters of the query */
#define HTTP_MAX_BODY_BYTES (64 * 1024) /* [413] */

/* What a refused client may still send before it is cut, and within a second; more after [413]. */
#define HTTP_MAX_DRAINED_BYTES (64 * 1024)
#define HTTP_MAX_DRAINED_BODY_BYTES (1024 * 1024)

/* A client that was answered 429 or 503 is not heard for so long. */
#define HTTP_PACE_MS 1000

/* Connections beyond the limits: each gets one answer, which is [503] unless its request is vital. */
#define HTTP_RESERVED_CONNECTIONS 32

#define HTTP_MAX_REPLY_HEADERS 24

typedef struct HttpPair {
        const char *name;
        const char *value;
} HttpPair;

/* All of it lives in arena, until the answer is sent. */
typedef struct HttpRequest {
        Arena *arena;
        const char *verb;      /* "POST" */
        const char *path;      /* as sent, not decoded: "/api/v1/orders/ORD-1" */
        const char *raw_query; /* as sent, without its '?'; "" for none */
        const HttpPair *query; /* decoded */
        size_t n_query;
        const HttpPair *headers;
        size_t n_headers;
        Bytes body;
        Address address;    /* of whom asks: the other end, or whom a trusted proxy names */
        const char *client; /* the same as text */
        const atomic_bool *cancelled; /* becomes true when the connection is reset */
} HttpRequest;

/* The value of a header, whatever its case; NULL when it is not there. */
const char *http_request_header(const HttpRequest *request, const char *name);

typedef struct HttpResponse {
        Arena *arena;
        int status;
        const char *content_type;
        Bytes body;
        HttpPair headers[HTTP_MAX_REPLY_HEADERS];
        size_t n_headers;
} HttpResponse;

/* Adds a header; the texts must live in the arena or forever. Aborts beyond HTTP_MAX_REPLY_HEADERS. */
void http_response_header(HttpResponse *response, const char *name, const char *value);

/* Runs on a worker; sees to it that response is filled in and sent, now or later. */
typedef void (*HttpHandler)(void *self, const HttpRequest *request, HttpResponse *response);

/* Sends what a handler filled in, from any thread; response and its request are gone when this returns. */
void http_respond(HttpResponse *response);

typedef struct HttpServer HttpServer;

typedef struct HttpServerConfig {
        const char *address; /* "127.0.0.1" */
        uint16_t port;       /* 0: any free one, see http_server_port */
        size_t n_threads;    /* that move bytes; each has its share of the connections */
        size_t max_connections;
        size_t max_per_address;      /* of them, from one IPv4 address or one IPv6 /64 */
        const char *trusted_proxies; /* addresses and networks, by commas; they have no share, and are
                                        believed whom they name in X-Forwarded-For; NULL: none */
        int64_t idle_timeout_ms;     /* until the first byte of a request */
        int64_t head_timeout_ms;     /* from there to the head's end */
        int64_t body_timeout_ms;     /* from there to the body's end */
        int64_t write_timeout_ms;    /* without a byte of the answer going */
        Workers *workers;
        HttpHandler handler;
        void *self;
        /* Fills in the answer for what never reaches the handler: 4xx, 503, 505; on any thread. */
        void (*refuse)(void *self, int status, const char *problem, HttpResponse *response);
        /* Whether a request must be answered whatever the crowd, by workers of their own; NULL: none must. */
        bool (*is_vital)(void *self, const HttpRequest *request);
} HttpServerConfig;

/*
 * Listens and serves. The server lives in arena, which must outlive the workers too.
 *
 * errors     internal ones; the message names the port when it is taken
 */
const Error *http_server_start(Arena *arena, const HttpServerConfig *config,
                               HttpServer **ret_server) MUST_CHECK;

/* The port that it listens on. */
uint16_t http_server_port(const HttpServer *server);

/* Takes no new connections; calls in flight go on, their connections close after the answer. */
void http_server_drain(HttpServer *server);

/*
 * Waits until every call is answered, at most timeout_ms, then closes everything. A call that takes longer
 * gets 503 and runs on, on its worker, without a client. Accepts NULL.
 */
void http_server_stop(HttpServer *server, int64_t timeout_ms);
