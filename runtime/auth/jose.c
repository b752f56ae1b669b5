#include "auth/jose_private.h"

#include "base/str.h"

bool auth_jose_is_usable(const cjose_jwk_t *key) {
        cjose_err problem;

        return cjose_jwk_get_kty(key, &problem) == CJOSE_JWK_KTY_EC &&
               cjose_jwk_EC_get_curve(key, &problem) == CJOSE_JWK_EC_P_256 &&
               !str_is_empty(auth_jose_kid(key));
}

const char *auth_jose_kid(const cjose_jwk_t *key) {
        cjose_err problem;

        return cjose_jwk_get_kid(key, &problem);
}
