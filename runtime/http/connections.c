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

void http_connection_start(Connection *connection) {
        Mover *mover = connection->mover;
        bool is_reserved = connection->ticket.place == CROWD_RESERVED;

        list_append(is_reserved ? &mover->reserved : &mover->ordinary, &connection->link);
        http_connection_begin(connection);
        if (!http_mover_watch(mover, connection->transport.fd, EVENTS, &connection->source))
                http_connection_close(connection);
}

static void release(Connection *connection) {
        connection->transport.ops->close(&connection->transport);
        http_crowd_leave(connection->mover->server->crowd, connection->ticket);
}

void http_connection_close(Connection *connection) {
        http_connection_end(connection);
        http_timer_stop(&connection->timer);
        list_remove(&connection->link);
        release(connection);
        connection->state = CONNECTION_CLOSED;
        list_prepend(&connection->mover->closed, &connection->link);
}

void http_connection_discard(Connection *connection) {
        release(connection);
        free(connection);
}

/* ---- all of a mover's ---- */

void http_connections_evict(Mover *mover) {
        LIST_FOR_EACH(Connection, connection, &mover->reserved, link)
                if (connection->state != CONNECTION_CALLED) {
                        http_connection_close(connection);
                        return;
                }
}

void http_connections_free_closed(Mover *mover) {
        LIST_FOR_EACH(Connection, connection, &mover->closed, link)
                free(connection);
        list_init(&mover->closed);
}

static void for_each(Mover *mover, void (*tell)(Connection *connection)) {
        LIST_FOR_EACH(Connection, connection, &mover->ordinary, link)
                tell(connection);
        LIST_FOR_EACH(Connection, connection, &mover->reserved, link)
                tell(connection);
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
