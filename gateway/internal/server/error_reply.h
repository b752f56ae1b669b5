/*
 * Errors as HTTP: the status, and the body {"error": reason, "message": ..., "details": {...}}.
 *
 * source     000 Error Handling
 */
#pragma once

#include "http/server.h"

/* The status of a code and a reason; the reason decides where HTTP tells apart what gRPC does not. */
int gateway_error_status(const Error *error);

/*
 * Fills in the answer with its body and the status's headers. Internal errors say only "internal".
 *
 * may_repeat  the request does nothing twice: a 503 that says no time itself has a Retry-After of a second
 */
void gateway_reply_error(HttpResponse *response, const Error *error, bool may_repeat);
