#include "http/listener_private.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "http/connection_private.h"
#include "http/parts_private.h"

#define LISTEN_BACKLOG 1024
#define ACCEPTS_AT_ONCE 64

/* ---- opening ---- */

static int listen_on(const struct addrinfo *address) {
        int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

        if (fd < 0)
                return -1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int) { 1 }, sizeof(int));
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int) { 1 }, sizeof(int)); /* accepted ones inherit it */
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

static int open_spare(void) {
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

const Error *http_listener_open(Arena *arena, const HttpServerConfig *config, Listener *ret_listener,
                                uint16_t *ret_port) {
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
        *ret_listener = (Listener) { .fd = fd, .spare_fd = open_spare() };
        *ret_port = port_of(fd);
        return NULL;
}

/* ---- accepting ---- */

static HttpServer *server_of(const Listener *listener) {
        return listener->mover->server;
}

/* A reserved place is for a moment: who has had one longest gives it up. */
static CrowdTicket enter(Listener *listener, const Peer *peer) {
        HttpServer *server = server_of(listener);
        CrowdTicket ticket = http_crowd_enter(server->crowd, peer);

        if (ticket.place != CROWD_FULL)
                return ticket;
        http_connections_evict(listener->mover);
        return http_crowd_enter(server->crowd, peer);
}

static Mover *next_mover(Listener *listener) {
        HttpServer *server = server_of(listener);

        return &server->movers[listener->next++ % server->config.n_threads];
}

static void admit(Listener *listener, int fd, const struct sockaddr *socket) {
        Peer peer = http_trust_peer(server_of(listener)->trust, socket);
        CrowdTicket ticket = enter(listener, &peer);

        if (ticket.place == CROWD_FULL) {
                close(fd);
                return;
        }
        Mover *mover = ticket.place == CROWD_RESERVED ? listener->mover : next_mover(listener);
        Connection *connection = http_connection_new(mover, fd, &peer, ticket);
        if (mover == listener->mover)
                http_connection_start(connection);
        else if (!http_mover_post(mover, &connection->letter))
                http_connection_discard(connection);
}

/* ---- when descriptors have run out ---- */

/* With the spare descriptor a client is let in and out, so that it hears at once that nobody has time. */
static bool turn_away(Listener *listener) {
        if (listener->spare_fd < 0)
                return false;
        close(listener->spare_fd);
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
                close(fd);
        listener->spare_fd = open_spare();
        return fd >= 0;
}

static void pause_listening(Listener *listener) {
        for (int i = 0; i < ACCEPTS_AT_ONCE && turn_away(listener); i++)
                continue;
        http_mover_note_refusal(listener->mover, "", 0, "No descriptor is left for a connection");
        epoll_ctl(listener->mover->epoll_fd, EPOLL_CTL_DEL, listener->fd, NULL);
        http_timer_start(&listener->mover->timers[TIMER_LISTEN], &listener->timer);
}

static void on_pause_over(Timer *timer) {
        Listener *listener = CONTAINER_OF(timer, Listener, timer);

        if (listener->spare_fd < 0)
                listener->spare_fd = open_spare();
        if (!http_mover_watch(listener->mover, listener->fd, EPOLLIN, &listener->source))
                http_timer_start(&listener->mover->timers[TIMER_LISTEN], timer);
}

/* True when the next may be accepted. */
static bool judge_failure(Listener *listener, int problem) {
        switch (problem) {
        case EAGAIN:
                return false;
        case EINVAL: /* after http_listener_refuse */
                epoll_ctl(listener->mover->epoll_fd, EPOLL_CTL_DEL, listener->fd, NULL);
                return false;
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM:
                pause_listening(listener);
                return false;
        default: /* of the connection, which is gone already */
                return true;
        }
}

static void on_clients(Source *source, uint32_t events) {
        Listener *listener = (Listener *) source;

        (void) events;
        for (int i = 0; i < ACCEPTS_AT_ONCE; i++) {
                struct sockaddr_storage peer = { 0 };
                int fd = accept4(listener->fd, (struct sockaddr *) &peer, &(socklen_t) { sizeof(peer) },
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);

                if (fd >= 0)
                        admit(listener, fd, (struct sockaddr *) &peer);
                else if (!judge_failure(listener, errno))
                        return;
        }
}

/* ---- the life ---- */

bool http_listener_start(Listener *listener, Mover *mover) {
        listener->source.on_events = on_clients;
        listener->timer.expired = on_pause_over;
        listener->mover = mover;
        return http_mover_watch(mover, listener->fd, EPOLLIN, &listener->source);
}

void http_listener_refuse(Listener *listener) {
        shutdown(listener->fd, SHUT_RDWR);
}

void http_listener_close(Listener *listener) {
        close(listener->fd);
        if (listener->spare_fd >= 0)
                close(listener->spare_fd);
}
