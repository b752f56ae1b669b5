/*
 * A server whose handler echoes the request, waits on /hold until it is let go, on /cancel until the call is
 * cancelled, answers /large with LARGE_BYTES, and /often with 429.
 */
#pragma once

#include <semaphore.h>
#include <stdatomic.h>

#include "http/server.h"
#include "http_peer.h"
#include "support.h"

#define GET "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST_HEAD "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define VITAL "GET /vital HTTP/1.1\r\nHost: a\r\n\r\n"
#define LARGE_BYTES (16 * 1024 * 1024)
#define OFTEN "GET /often HTTP/1.1\r\nHost: a\r\n\r\n"
#define HOLD "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"

typedef struct ServerFixture {
        Arena *arena;
        Workers *workers;
        HttpServer *server;
        HttpServerConfig config;
        uint16_t port;
        atomic_int n_calls;         /* of the handler */
        atomic_int n_cancelled;     /* of /cancel */
        atomic_bool holds_refusals; /* a refusal, too, waits until it is let go */
        sem_t entered, let_go;
} ServerFixture;

extern ServerFixture http;

void server_fixture_start(size_t n_threads, size_t n_workers, size_t queue_limit);
void server_fixture_stop(void);

/* Whether it is for /vital; not asked unless a test says so in http.config. */
bool server_fixture_is_vital(void *self, const HttpRequest *request);

/* Starts it again with what the test has changed in http.config. */
void server_fixture_restart(void);
