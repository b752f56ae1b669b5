/* What signing and verifying share: owners of libcjose's and jansson's objects, and what a key must be. */
#pragma once

#include <cjose/cjose.h>
#include <jansson.h>

#include "auth/token.h"

#define TOKEN_ALGORITHM "ES256"
#define TOKEN_TYPE "at+jwt"

static inline void jose_release_jws(cjose_jws_t **jws) {
        if (*jws)
                cjose_jws_release(*jws);
}

static inline void jose_release_json(json_t **json) {
        json_decref(*json);
}

#define AUTO_JWS __attribute__((cleanup(jose_release_jws))) cjose_jws_t *
#define AUTO_JSON __attribute__((cleanup(jose_release_json))) json_t *

/* True for an elliptic curve key on P-256 with a kid, the only kind that is used here. */
bool auth_jose_is_usable(const cjose_jwk_t *key);

/* The key's kid, which a usable one has. */
const char *auth_jose_kid(const cjose_jwk_t *key);
