#include "auth/jose_private.h"

#include "base/str.h"

const JoseRole auth_jose_roles[JOSE_N_ROLES] = {
        { "customer", ROLE_CUSTOMER },
        { "seller", ROLE_SELLER },
        { "admin", ROLE_ADMIN },
        { "service", ROLE_SERVICE },
};

Role auth_token_role(const char *name) {
        for (size_t i = 0; i < JOSE_N_ROLES; i++)
                if (str_equal(auth_jose_roles[i].name, name))
                        return auth_jose_roles[i].role;
        return 0;
}

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
