#include "http/server.h"

#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/exchange.h"

#define LISTEN_BACKLOG 1024
#define ABANDON_GRACE_MS 1000 /* for sending the last refusals */

const char *http_request_header(const HttpRequest *request, const char *name) {
        for (size_t i = 0; i < request->n_headers; i++)
                if (strcasecmp(request->headers[i].name, name) == 0)
                        return request->headers[i].value;
        return NULL;
}

void http_response_header(HttpResponse *response, const char *name, const char *value) {
        if (response->n_headers == HTTP_MAX_REPLY_HEADERS)
                abort();
        response->headers[response->n_headers++] = (HttpPair) { .name = name, .value = value };
}

static int listen_on(const struct addrinfo *address) {
        int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int) { 1 }, sizeof(int));
        if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
                return fd;
        int problem = errno;
        close(fd);
        errno = problem;
        return -1;
}

static uint16_t port_of(int fd) {
        struct sockaddr_storage address = { 0 };
        socklen_t size = sizeof(address);

        getsockname(fd, (struct sockaddr *) &address, &size);
        return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *) &address)->sin6_port
                                                   : ((struct sockaddr_in *) &address)->sin_port);
}

static const Error *open_socket(Arena *arena, const HttpServerConfig *config, int *ret_fd) {
        struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
        struct addrinfo *address;

        if (getaddrinfo(config->address, arena_printf(arena, "%u", config->port), &hints, &address) != 0)
                return error_internal(arena, NULL, "%s is not an IP address to listen on", config->address);
        int fd = listen_on(address);
        int problem = errno;
        freeaddrinfo(address);
        if (fd < 0)
                return error_internal(arena, NULL, "Cannot listen on %s port %u: %s", config->address,
                                      config->port, strerror(problem));
        *ret_fd = fd;
        return NULL;
}

static bool start_movers(HttpServer *server) {
        for (size_t i = 0; i < server->config.n_threads; i++)
                if (!(server->movers[i] = mover_new(server)))
                        return false;
        return true;
}

static void drain_movers(HttpServer *server) {
        for (size_t i = 0; i < server->config.n_threads && server->movers[i]; i++)
                mover_drain(server->movers[i]);
        close(server->listen_fd);
}

static void free_movers(HttpServer *server) {
        for (size_t i = 0; i < server->config.n_threads; i++)
                mover_free(server->movers[i]);
}

const Error *http_server_start(Arena *arena, const HttpServerConfig *config, HttpServer **ret_server) {
        HttpServer *server = ARENA_NEW(arena, HttpServer);

        server->config = *config;
        TRY(open_socket(arena, config, &server->listen_fd));
        server->port = port_of(server->listen_fd);
        monitor_init(&server->monitor);
        server->linger = linger_new();
        server->movers = ARENA_ARRAY(arena, Mover *, config->n_threads);
        if (!server->linger || !start_movers(server)) {
                drain_movers(server);
                free_movers(server);
                linger_free(server->linger);
                return error_internal(arena, NULL, "The HTTP server on port %u did not start", server->port);
        }
        *ret_server = server;
        return NULL;
}

uint16_t http_server_port(const HttpServer *server) {
        return server->port;
}

void http_server_drain(HttpServer *server) {
        if (atomic_exchange(&server->draining, true))
                return;
        drain_movers(server);
}

/* Under the lock. */
static void wait_until_idle(HttpServer *server, int64_t timeout_ms) {
        int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;

        while (server->in_flight && monitor_wait(&server->monitor, until_us))
                ;
}

/* The lock is never destroyed: a worker that was given up still takes it. */
void http_server_stop(HttpServer *server, int64_t timeout_ms) {
        if (!server)
                return;
        http_server_drain(server);
        monitor_lock(&server->monitor);
        wait_until_idle(server, timeout_ms);
        for (Exchange *exchange = server->in_flight; exchange; exchange = exchange->next)
                exchange_abandon(exchange);
        wait_until_idle(server, ABANDON_GRACE_MS);
        monitor_unlock(&server->monitor);
        free_movers(server);
        linger_free(server->linger);
}
