/* HTTP to message and back, as the route's rule says. */
#pragma once

#include "base/str.h"
#include "http/server.h"
#include "router/auto_router.h"

/*
 * Makes the method's request from body, query and path; the path wins over the body. Fields without a place
 * in the body come from the query, whose utm_* parameters are ignored.
 *
 * ret_message  in the request's arena
 * errors       MALFORMED_JSON, INVALID_REQUEST with the fields' paths, UNSUPPORTED_MEDIA_TYPE
 */
const Error *gateway_read_request(const GatewayMatch *match, const HttpRequest *request,
                                  ProtobufCMessage **ret_message) MUST_CHECK;

/* Appends the answer's body. */
void gateway_write_response(StrBuf *out, const GatewayRoute *route, const ProtobufCMessage *message);
