#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "http/connection.h"
#include "http/parts.h"

#define EVENTS (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)

/* ---- events ---- */

/* A reset is an error; the client's end is not. */
static void on_events(Source *source, uint32_t events) {
        Connection *connection = (Connection *) source;

        if (connection->state == CONNECTION_CLOSED)
                return;
        if (events & EPOLLERR) {
                connection_close(connection);
                return;
        }
        if (events & (EPOLLRDHUP | EPOLLHUP))
                connection->has_ended = true;
        if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP))
                connection->can_read = true;
        connection_advance(connection);
}

static void on_timer(Timer *timer) {
        connection_late((Connection *) ((char *) timer - offsetof(Connection, timer)));
}

static void on_arrival(Letter *letter) {
        connection_start((Connection *) ((char *) letter - offsetof(Connection, letter)));
}

/* ---- the life ---- */

Connection *connection_new(Mover *mover, int fd, const Peer *peer, CrowdTicket ticket) {
        Connection *connection = MEMORY_NEW(Connection);

        connection->source.on_events = on_events;
        connection->letter.open = on_arrival;
        connection->timer.expired = on_timer;
        connection->mover = mover;
        connection->transport = transport_plain(fd);
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

void connection_start(Connection *connection) {
        enlist(connection);
        connection_begin(connection);
        if (!mover_watch(connection->mover, connection->transport.fd, EVENTS, &connection->source))
                connection_close(connection);
}

static void release(Connection *connection) {
        connection->transport.ops->close(&connection->transport);
        crowd_leave(connection->mover->server->crowd, connection->ticket);
}

void connection_close(Connection *connection) {
        connection_end(connection);
        timer_stop(&connection->timer);
        unlist(connection);
        release(connection);
        connection->state = CONNECTION_CLOSED;
        connection->next = connection->mover->closed;
        connection->mover->closed = connection;
}

void connection_discard(Connection *connection) {
        release(connection);
        free(connection);
}

/* ---- all of a mover's ---- */

void connections_evict(Mover *mover) {
        Connection *oldest = NULL;

        for (Connection *connection = mover->reserved; connection; connection = connection->next)
                if (connection->state != CONNECTION_CALLED)
                        oldest = connection;
        if (oldest)
                connection_close(oldest);
}

void connections_free_closed(Mover *mover) {
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
                connection_abandon(connection);
}

void connections_abandon(Mover *mover) {
        for_each(mover, abandon_call);
}

void connections_close_all(Mover *mover) {
        for_each(mover, connection_close);
        connections_free_closed(mover);
}
