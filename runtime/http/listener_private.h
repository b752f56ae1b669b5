/*
 * The listening socket: takes connections, gives each its place in the crowd, and deals them to the movers in
 * turn. When descriptors have run out it turns clients away with its spare one, and takes connections again a
 * moment later.
 */
#pragma once

#include "http/mover_private.h"

typedef struct Listener {
        Source source;
        Timer timer;
        Mover *mover; /* on whose thread it accepts */
        int fd, spare_fd;
        size_t next; /* mover */
} Listener;

/*
 * Opens the socket; a port of 0 becomes a free one.
 *
 * errors     internal ones; the message names the port when it is taken
 */
const Error *http_listener_open(Arena *arena, const HttpServerConfig *config, Listener *ret_listener,
                                uint16_t *ret_port) MUST_CHECK;

/* Accepts, on the thread of the server's first mover; false when it cannot be watched. */
bool http_listener_start(Listener *listener, Mover *mover) __attribute__((warn_unused_result));

/* From then on connecting is refused; from any thread. */
void http_listener_refuse(Listener *listener);

/* After its mover has ended. */
void http_listener_close(Listener *listener);
