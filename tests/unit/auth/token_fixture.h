/* A key, and what signs and verifies with it, for tests of tokens. */
#pragma once

#include "auth/token.h"
#include "base/clock.h"
#include "base/str.h"
#include "support.h"

#define HEADER(kid) arena_printf(arena(), "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", (kid))

#define EVERYTHING "customer seller admin service:order"

/* One issuer: a key, its public half, and what signs and verifies with it. */
typedef struct Issuer {
        const char *key, *jwks, *kid;
        TokenSigner *signer;
        TokenVerifier *verifier;
} Issuer;

extern Issuer issuer;

/* Before and after each test. */
void setup(void);
void teardown(void);

/* Of the test. */
Arena *arena(void);

/* Signs any header and claims with any key, as a forger with our key could. */
const char *sign(const char *jwk, const char *header, const char *claims);

const char *base64url(const char *text);

/* Claims that hold from start to end, in seconds from now, with one more member or a replaced one. */
const char *claims_with(const char *member, const char *value);

/* A time of a claim. */
const char *seconds_from_now(long long offset_s);

/* By the issuer's verifier. */
void assert_refused(const char *token, const char *why);
void assert_accepted(const char *token, const char *subject);
