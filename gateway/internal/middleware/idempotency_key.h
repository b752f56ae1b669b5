/* The key that makes a creating call safe to repeat, when it is one. */
#pragma once

#include "http/server.h"
#include "rpc/method.h"

/*
 * ret_key    NULL for a call that creates nothing, and without the header
 * errors     INVALID_REQUEST unless it is 16 to 255 letters, digits, '-', '_', '.' or ':'
 */
const Error *gateway_idempotency_key(const HttpRequest *request, const RpcMethod *method,
                                     const char **ret_key) MUST_CHECK;
