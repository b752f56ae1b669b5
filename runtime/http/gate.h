/*
 * What the head of a request must look like before any of its body is read. libmicrohttpd lets pass what a
 * proxy in front could read differently (request smuggling); here it is refused. Knows nothing of sockets.
 */
#pragma once

#include "http/server.h"

typedef struct GateHead {
        const char *verb;
        const char *target; /* path and query as sent */
        const char *version;
        const HttpPair *headers;
        size_t n_headers;
} GateHead;

/* The status to refuse with and *ret_problem, one sentence; 0 when the request may go on. */
int gate_check(const GateHead *head, const char **ret_problem);
