#include "rpc/auth_private.h"

#include <string.h>

static const Error *refuse(Ctx *ctx, const char *what) {
        return error_new(ctx->arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED, "%s", what);
}

static const Error *identify_service(Ctx *ctx, TokenVerifier *verifier, const CallMetadata *metadata) {
        const Caller *service;

        TRY(auth_token_verify(verifier, ctx->arena, metadata->service_token, &service));
        if (!(service->roles & ROLE_SERVICE))
                return refuse(ctx, "This is no service token");
        ctx->caller = service;
        if (metadata->client && strlen(metadata->client) <= METADATA_MAX_CLIENT_BYTES)
                ctx->client = metadata->client;
        if (!metadata->caller_id)
                return NULL;
        Caller *named = ARENA_NEW(ctx->arena, Caller);
        named->id = metadata->caller_id;
        named->roles = rpc_metadata_parse_roles(str_or_empty(metadata->caller_roles)) & service->acts_for;
        named->service = service->service;
        ctx->caller = named;
        return NULL;
}

static const Error *identify_user(Ctx *ctx, TokenVerifier *verifier, const char *authorization) {
        const char *token = auth_token_of_bearer(authorization);

        return token ? auth_token_verify(verifier, ctx->arena, token, &ctx->caller)
                     : refuse(ctx, "The authorization is not a bearer token");
}

const Error *rpc_identify(Ctx *ctx, TokenVerifier *verifier, const CallMetadata *metadata) {
        if (!verifier)
                return NULL;
        if (metadata->service_token)
                return identify_service(ctx, verifier, metadata);
        if (metadata->user_token)
                return identify_user(ctx, verifier, metadata->user_token);
        return NULL;
}
