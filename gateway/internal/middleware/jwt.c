#include "middleware/jwt.h"

static const Caller nobody = { .id = "" };

static const Error *refuse(Arena *arena, const char *problem) {
        return error_new(arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED, "%s", problem);
}

/* NULL when there is none. */
static const char *bearer_token(const HttpRequest *request) {
        return auth_token_of_bearer(http_request_header(request, "Authorization"));
}

bool gateway_jwt_is_shown(const HttpRequest *request) {
        return bearer_token(request) != NULL;
}

bool gateway_jwt_is_known(TokenVerifier *verifier, const HttpRequest *request, const Caller **ret_caller) {
        const char *token = bearer_token(request);
        const Caller *caller;

        if (!token || !auth_token_is_known(verifier, request->arena, token, &caller) || caller->service)
                return false;
        *ret_caller = caller;
        return true;
}

const Error *gateway_jwt_check(TokenVerifier *verifier, const HttpRequest *request,
                               const Caller **ret_caller) {
        const char *token = bearer_token(request);
        const Caller *caller = &nobody;

        if (!token && http_request_header(request, "Authorization"))
                return refuse(request->arena, "Authorization must be a Bearer token");
        if (token)
                TRY(auth_token_verify(verifier, request->arena, token, &caller));
        if (caller->service)
                return refuse(request->arena, "A service's token is not accepted here");
        *ret_caller = caller;
        return NULL;
}
