/*
 * Tokens that were verified, found again by the SHA-256 of their exact bytes: bounded, thread-safe, and each
 * forgotten when its token expires.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "auth/token.h"

#define TOKEN_CACHE_ENTRIES 16384
#define TOKEN_HASH_BYTES 32

typedef struct TokenHash {
        uint8_t bytes[TOKEN_HASH_BYTES];
} TokenHash;

/* What a verified token says. */
typedef struct TokenClaims {
        char subject[TOKEN_MAX_SUBJECT_BYTES + 1];
        unsigned roles;
        unsigned acts_for; /* roles that a service may name another caller with */
        int64_t expires_us; /* wall clock, leeway included */
} TokenClaims;

typedef struct TokenCache TokenCache;

TokenCache *auth_token_cache_new(void);
void auth_token_cache_free(TokenCache *cache); /* accepts NULL */

/* True, with its claims, when it is there and has not expired at now_us. */
bool auth_token_cache_find(TokenCache *cache, const TokenHash *hash, int64_t now_us, TokenClaims *ret_claims);

/* In a full bucket it takes the place of the one that expires first. */
void auth_token_cache_add(TokenCache *cache, const TokenHash *hash, const TokenClaims *claims);

/* Forgets all. */
void auth_token_cache_clear(TokenCache *cache);
