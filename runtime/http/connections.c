#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/connection_private.h"
#include "http/parts_private.h"

#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* ---- events ---- */

/* A reset is an error; the client's end is not. */
static void on_events(Source *source, uint32_t events) {
        Connection *connection = (Connection *) source;

        if (connection->state == CONNECTION_CLOSED)
                return;
        if (events & EPOLLERR) {
                http_connection_close(connection);
                return;
        }
        if (events & (EPOLLRDHUP | EPOLLHUP))
                connection->has_ended = true;
        if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))
                connection->can_read = true;
        http_connection_advance(connection);
}

static void on_timer(Timer *timer) {
        http_connection_late(CONTAINER_OF(timer, Connection, timer));
}

static void on_arrival(Letter *letter) {
        http_connection_start(CONTAINER_OF(letter, Connection, letter));
}

/* ---- the life ---- */

Connection *http_connection_new(Mover *mover, int fd, const Peer *peer, CrowdTicket ticket) {
        Connection *connection = MEMORY_NEW(Connection);

        connection->source.on_events = on_events;
        connection->letter.open = on_arrival;
        connection->timer.expired = on_timer;
        connection->mover = mover;
        connection->transport = http_transport_plain(fd);
        connection->ticket = ticket;
        connection->peer = *peer;
        return connection;
}

static Connection **list_of(const Connection *connection) {
        Mover *mover = connection->mover;

        return connection->ticket.place == CROWD_RESERVED ? &mover->reserved : &mover->ordinary;
}

static void enlist(Connection *connection) {
        Connection **list = list_of(connection);

        connection->next = *list;
        if (*list)
                (*list)->previous = connection;
        *list = connection;
}

static void unlist(Connection *connection) {
        if (connection->next)
                connection->next->previous = connection->previous;
        if (connection->previous)
                connection->previous->next = connection->next;
        else
                *list_of(connection) = connection->next;
}

void http_connection_start(Connection *connection) {
        enlist(connection);
        http_connection_begin(connection);
        if (!http_mover_watch(connection->mover, connection->transport.fd, EVENTS, &connection->source))
                http_connection_close(connection);
}

static void release(Connection *connection) {
        connection->transport.ops->close(&connection->transport);
        http_crowd_leave(connection->mover->server->crowd, connection->ticket);
}

void http_connection_close(Connection *connection) {
        http_connection_end(connection);
        http_timer_stop(&connection->timer);
        unlist(connection);
        release(connection);
        connection->state = CONNECTION_CLOSED;
        connection->next = connection->mover->closed;
        connection->mover->closed = connection;
}

void http_connection_discard(Connection *connection) {
        release(connection);
        free(connection);
}

/* ---- all of a mover's ---- */

void http_connections_evict(Mover *mover) {
        Connection *oldest = NULL;

        for (Connection *connection = mover->reserved; connection; connection = connection->next)
                if (connection->state != CONNECTION_CALLED)
                        oldest = connection;
        if (oldest)
                http_connection_close(oldest);
}

void http_connections_free_closed(Mover *mover) {
        while (mover->closed) {
                Connection *connection = mover->closed;

                mover->closed = connection->next;
                free(connection);
        }
}

static void for_each(Mover *mover, void (*tell)(Connection *connection)) {
        Connection *const lists[] = { mover->ordinary, mover->reserved };

        for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
                for (Connection *connection = lists[i], *next; connection; connection = next) {
                        next = connection->next;
                        tell(connection);
                }
}

static void abandon_call(Connection *connection) {
        if (connection->state == CONNECTION_CALLED)
                http_connection_abandon(connection);
}

void http_connections_abandon(Mover *mover) {
        for_each(mover, abandon_call);
}

void http_connections_close_all(Mover *mover) {
        for_each(mover, http_connection_close);
        http_connections_free_closed(mover);
}
