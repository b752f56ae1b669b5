/* What the parts of the gateway's server share. */
#pragma once

#include "auth/token.h"
#include "http/server.h"
#include "middleware/rate_limit.h"
#include "router/auto_router.h"
#include "rpc/admission.h"
#include "server/server.h"

struct GatewayServer {
        Arena *arena;
        GatewayConfig config;
        Admission *admission;
        Readiness readiness;
        GatewayRouter *router;
        TokenVerifier *tokens;
        GatewayRateLimit *limits;
        HttpServer *http;
};

/* The handler of the HTTP server: the middleware, and the call when it is its turn. */
void gateway_handle(void *self, const HttpRequest *request, HttpResponse *response);

/* What must be answered whatever the crowd: health and metrics. */
bool gateway_is_vital(void *self, const HttpRequest *request);

/* Answers what the HTTP server refused by itself. */
void gateway_refuse(void *self, int status, const char *problem, HttpResponse *response);
