/* What operations look at, on their own port or beside other pages: /health/live, /health/ready, /metrics. */
#pragma once

#include "base/ctx.h"
#include "http/server.h"

/* Asks whether a process can serve; NULL error: yes. An error's message begins with the part that cannot. */
typedef struct Readiness {
        void *self;
        const Error *(*check)(void *self, Ctx *ctx);
} Readiness;

/* Whether a request is for one of the pages. */
bool app_operations_has(const HttpRequest *request);

/* Answers a request for one of the pages; false when it is for something else. */
bool app_operations_answer(const Readiness *readiness, const HttpRequest *request, HttpResponse *response);

typedef struct Operations Operations;

/*
 * Listens on a port of its own, with workers of its own.
 *
 * errors     internal ones, as when the port is taken
 */
const Error *app_operations_start(Arena *arena, Readiness readiness, const char *address, uint16_t port,
                                  Operations **ret_operations) MUST_CHECK;
void app_operations_stop(Operations *operations); /* accepts NULL */
