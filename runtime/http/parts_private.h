/* What the parts of the server share. */
#pragma once

#include "base/monitor.h"
#include "http/crowd_private.h"
#include "http/listener_private.h"
#include "http/mover_private.h"
#include "http/server.h"

struct HttpServer {
        HttpServerConfig config;
        Mover *movers; /* config.n_threads of them */
        Listener listener;
        uint16_t port;
        Crowd *crowd;
        const Trust *trust;
        Workers *vital; /* run vital requests; NULL: there are none */
        atomic_bool is_draining;
        Monitor monitor; /* over n_in_flight; signalled when it is 0 */
        size_t n_in_flight;
};

/* A call began, or its answer was sent or has nobody to go to. */
void http_server_enter(HttpServer *server);
void http_server_leave(HttpServer *server);
