/*
 * How a request is found again: the client's X-Request-Id when it is a sane one, else one of our own, and the
 * W3C trace context.
 *
 * source     002 4.1 Middleware Stack, 4
 */
#pragma once

#include "base/ctx.h"
#include "http/server.h"

#define REQUEST_ID_MIN_BYTES 8
#define REQUEST_ID_MAX_BYTES 128

/* The trace to work under; what the client did not say is made. Shows the request id in the answer. */
Trace gateway_request_id(const HttpRequest *request, HttpResponse *response);
