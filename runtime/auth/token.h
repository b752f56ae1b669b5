/*
 * ES256 access tokens (RFC 9068, typ "at+jwt"): signed here, verified here; libcjose stops here.
 *
 * Claims: iss, aud, sub, roles (list of "customer", "seller", "admin", "service"), iat, exp, jti.
 */
#pragma once

#include "base/ctx.h"

#define TOKEN_ACCESS_MS (INT64_C(10) * 60 * 1000)
#define TOKEN_LEEWAY_MS INT64_C(30000)
#define TOKEN_MAX_BYTES 4096
#define TOKEN_SIGNATURE_CHARACTERS 86 /* 64 bytes in base64url */
#define TOKEN_MAX_SUBJECT_BYTES 128
#define TOKEN_ISSUER "millrace"
#define TOKEN_AUDIENCE "millrace"

/*
 * Makes a P-256 key: the private JWK with its kid, and the JWKS of its public half; JSON texts in arena.
 *
 * may        what its tokens may say, words of auth/rights.h: "service:gateway for:customer for:admin"
 */
const Error *auth_token_make_key(Arena *arena, const char *may, const char **ret_private_jwk,
                                 const char **ret_jwks) MUST_CHECK;

/* The public half of a P-256 key, as its JWK says it: texts in base64url. */
typedef struct TokenPublicKey {
        const char *kid;
        const char *x, *y;
} TokenPublicKey;

/*
 * Reads the first key of a JWKS that auth_token_make_key made.
 *
 * ret_key    in arena
 * errors     internal when it is none
 */
const Error *auth_token_public_key(Arena *arena, const char *jwks, TokenPublicKey *ret_key) MUST_CHECK;

/* One JWKS with the keys of n; in arena. */
const char *auth_token_join_keys(Arena *arena, const char *const *jwks, size_t n);

typedef struct TokenSigner TokenSigner;

/* errors     internal when the key is not a P-256 JWK */
const Error *auth_token_signer_new(Arena *arena, const char *private_jwk,
                                   TokenSigner **ret_signer) MUST_CHECK;
void auth_token_signer_free(TokenSigner *signer); /* accepts NULL */

/* Signs a token for subject with the roles (all but ROLE_ANYONE); lives in arena. Thread-safe. */
const Error *auth_token_sign(TokenSigner *signer, Arena *arena, const char *subject, unsigned roles,
                             int64_t lifetime_ms, const char **ret_token) MUST_CHECK;

typedef struct TokenVerifier TokenVerifier;

/*
 * jwks       every P-256 key with a kid counts: during a rotation, tokens of the old key and the new one hold
 * errors     internal when there is none, or one that does not say what it may be used for (auth/rights.h)
 */
const Error *auth_token_verifier_new(Arena *arena, const char *jwks, TokenVerifier **ret_verifier) MUST_CHECK;
void auth_token_verifier_free(TokenVerifier *verifier); /* accepts NULL */

/*
 * Adds keys of users' tokens to those that it was made with, before the first verification.
 *
 * errors     those of auth_token_verifier_take
 */
const Error *auth_token_verifier_add(TokenVerifier *verifier, Arena *arena, const char *jwks) MUST_CHECK;

/*
 * Takes the keys of whoever issues users' tokens, beside those that it was made with and instead of those
 * that it took before; the tokens of a key that is gone are refused from then on. Thread-safe.
 *
 * errors     internal when there is none, or one whose tokens would be a service's: nothing changed then
 */
const Error *auth_token_verifier_take(TokenVerifier *verifier, Arena *arena, const char *jwks) MUST_CHECK;

/* Who looks for keys that a verifier does not know. */
typedef struct TokenKeySource {
        void *self;
        /*
         * Takes the issuer's keys, if it is time to; may wait a little. Any thread.
         *
         * errors     UNAVAILABLE: nobody knows whether there is such a key
         */
        const Error *(*look)(void *self, Arena *arena);
} TokenKeySource;

/* Has the source look before a token of an unknown key is refused; called before the first verification. */
void auth_token_verifier_ask(TokenVerifier *verifier, const TokenKeySource *source);

/* The token of an Authorization; NULL when that is none, or of another scheme. */
const char *auth_token_of_bearer(const char *authorization);

/*
 * Verifies a token: spelling, alg, typ, crit, kid, signature, issuer, audience, times, what the key may say.
 * Verified ones are cached by the hash of their bytes until they expire, since a verification costs 142 us. A
 * text that is not the one spelling of its bytes is refused unverified; that ECDSA has a twin for each
 * signature stays, and costs one more verification at most. Thread-safe.
 *
 * ret_caller   in arena; service is the subject when it has the role "service"
 * errors       UNAUTHENTICATED; the message says whether it is malformed, forged or expired. UNAVAILABLE: the
 *              source of keys does not know yet
 */
const Error *auth_token_verify(TokenVerifier *verifier, Arena *arena, const char *token,
                               const Caller **ret_caller) MUST_CHECK;

/*
 * True, with its caller, for a token that was verified before and still holds. Costs a look-up, never a
 * verification. Thread-safe.
 *
 * ret_caller   in arena
 */
bool auth_token_is_known(TokenVerifier *verifier, Arena *arena, const char *token, const Caller **ret_caller);
