/*
 * Who calls, from the tokens of a received call.
 *
 * A service token makes a service's caller: of the identity that the metadata names, with ROLE_SERVICE added to its
 * roles, because the service vouches for what it asks on that caller's behalf; of the service itself when it names none.
 * Without a service token the named identity is ignored, and a user token decides. Without any the caller is anonymous.
 */
#pragma once

#include "auth/token.h"
#include "rpc/metadata.h"

/*
 * Sets ctx->caller. Without a verifier everybody is anonymous.
 *
 * errors     UNAUTHENTICATED: a token that does not verify, or is not of the kind that its place asks for
 */
const Error *rpc_identify(Ctx *ctx, TokenVerifier *verifier, const CallMetadata *metadata) MUST_CHECK;
