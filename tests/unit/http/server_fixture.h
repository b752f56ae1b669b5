/* A server whose handler echoes the request, or waits on /hold until it is let go. */
#pragma once

#include <semaphore.h>
#include <stdatomic.h>

#include "http/server.h"
#include "http_peer.h"
#include "support.h"

#define GET "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST_HEAD "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define HOLD "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"

typedef struct ServerFixture {
        Arena *arena;
        Workers *workers;
        HttpServer *server;
        HttpServerConfig config;
        uint16_t port;
        atomic_int n_calls;         /* of the handler */
        atomic_bool holds_refusals; /* a refusal, too, waits until it is let go */
        sem_t entered, let_go;
} ServerFixture;

extern ServerFixture http;

void server_fixture_start(size_t n_threads, size_t n_workers, size_t queue_limit);
void server_fixture_stop(void);

/* Starts it again with what the test has changed in http.config. */
void server_fixture_restart(void);
