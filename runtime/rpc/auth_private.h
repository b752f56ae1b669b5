/*
 * Who calls, from the tokens of a received call.
 *
 * A service token makes a service's caller: of the identity that the metadata names, with that identity's
 * roles and the service's name, since a service that acts for a customer may see no more than the customer
 * (roles that the service's key may not act for are left out);
 * of the service itself, with ROLE_SERVICE, when it names none. Either may call what services may call (see
 * rpc/middleware.h). It also says from which host it was asked. Without a service token the named identity
 * and host are ignored, and a user token decides. Without any the caller is anonymous.
 */
#pragma once

#include "auth/token.h"
#include "rpc/metadata_private.h"

/*
 * Sets ctx->caller and ctx->client. Without a verifier everybody is anonymous.
 *
 * errors     UNAUTHENTICATED: a token that does not verify, or is not of the kind that its place asks for
 */
const Error *rpc_identify(Ctx *ctx, TokenVerifier *verifier, const CallMetadata *metadata) MUST_CHECK;
