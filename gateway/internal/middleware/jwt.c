#include "middleware/jwt.h"

#include <string.h>
#include <strings.h>

static const char scheme[] = "Bearer ";
static const Caller nobody = { .id = "" };

static const Error *refuse(Arena *arena, const char *problem) {
        return error_new(arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED, "%s", problem);
}

const Error *gateway_jwt_check(TokenVerifier *verifier, const HttpRequest *request,
                               const Caller **ret_caller) {
        const char *header = http_request_header(request, "Authorization");
        const Caller *caller = &nobody;

        if (header && strncasecmp(header, scheme, strlen(scheme)) != 0)
                return refuse(request->arena, "Authorization must be a Bearer token");
        if (header)
                TRY(token_verify(verifier, request->arena, header + strlen(scheme), &caller));
        if (caller->service)
                return refuse(request->arena, "A service's token is not accepted here");
        *ret_caller = caller;
        return NULL;
}
