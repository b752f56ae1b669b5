/*
 * Which web pages may call: cross-origin headers, and the answer to a browser's preflight.
 *
 * source     002 4.1 Middleware Stack, 1
 */
#pragma once

#include "http/server.h"

/*
 * Adds the headers that the request's Origin is entitled to.
 *
 * origins    comma-separated list of origins ("https://shop.example"), "*" for all, "" for none
 *
 * Returns true when the request is a preflight, which is answered thereby.
 */
bool gateway_cors(const char *origins, const HttpRequest *request, HttpResponse *response);
