/* The keys of a JWKS, read: what each verifies, and what its tokens may say. */
#pragma once

#include "auth/jose_private.h"
#include "auth/rights_private.h"

typedef struct TokenKey {
        cjose_jwk_t *jwk;
        const char *kid, *x, *y;
        Rights rights;
} TokenKey;

typedef struct TokenKeys {
        TokenKey *items;
        size_t n;
} TokenKeys;

/*
 * Reads every P-256 key with a kid; keys of other kinds are not for us.
 *
 * ret_keys   in arena; the caller releases them
 * errors     internal when there is none, or one that does not say what it may be used for; none is left then
 */
const Error *auth_token_keys_read(Arena *arena, const char *jwks, TokenKeys *ret_keys) MUST_CHECK;
void auth_token_keys_release(TokenKeys *keys);

/* NULL when there is none, or kid is NULL. */
const TokenKey *auth_token_keys_find(const TokenKeys *keys, const char *kid);

/* True when the tokens of none of them speak for a service, or act for anybody. */
bool auth_token_keys_are_of_users(const TokenKeys *keys);

/* True when all that some hold stands among the others, and may say the same. */
bool auth_token_keys_are_among(const TokenKeys *some, const TokenKeys *others);
