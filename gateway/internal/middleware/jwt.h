/*
 * Who asks: the caller of a Bearer token.
 *
 * source     002 4.1 Middleware Stack, 2
 */
#pragma once

#include "auth/token.h"
#include "http/server.h"

/* Whether the request shows a token, of whatever worth. */
bool gateway_jwt_is_shown(const HttpRequest *request);

/*
 * True, with its caller, when the request's token was verified before: nothing is left to be verified. A
 * service's token never is.
 *
 * ret_caller   in the request's arena
 */
bool gateway_jwt_is_known(TokenVerifier *verifier, const HttpRequest *request, const Caller **ret_caller);

/*
 * Without an Authorization header the caller is nobody. A service's token does not come from outside: it is
 * refused.
 *
 * ret_caller   in the request's arena, or forever
 * errors       UNAUTHENTICATED
 */
const Error *gateway_jwt_check(TokenVerifier *verifier, const HttpRequest *request,
                               const Caller **ret_caller) MUST_CHECK;
