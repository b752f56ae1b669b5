/*
 * A libmicrohttpd daemon with a share of the connections, and the thread that moves their bytes. The thread
 * is ours, because the library's own sleeps for up to the idle timeout when exactly 128 events come at once
 * (MHD_epoll of 0.9.75 asks the kernel again, with the same timeout, after every full batch).
 */
#pragma once

#include "http/server.h"

typedef struct Mover Mover;

/* Takes connections from the server's socket; NULL when there is no memory or no thread for it. */
Mover *mover_new(HttpServer *server);

/* Has it look for resumed connections, at once. From any thread. */
void mover_wake(Mover *mover);

/* Takes no new connections; the server may close its socket. */
void mover_drain(Mover *mover);

/* Ends the thread and closes its connections, of which none may be suspended. Accepts NULL. */
void mover_free(Mover *mover);
