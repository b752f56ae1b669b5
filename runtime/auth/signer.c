#include <stdlib.h>
#include <string.h>

#include "auth/jose_private.h"
#include "auth/rights_private.h"
#include "base/clock.h"
#include "base/uuid.h"

#define KID_DIGITS 16

struct TokenSigner {
        cjose_jwk_t *key;
};

/* The key as JSON with what it is for; NULL when libcjose cannot write it. */
static json_t *describe_key(const cjose_jwk_t *key, bool is_private) {
        cjose_err problem;
        char *text = cjose_jwk_to_json(key, is_private, &problem);
        json_t *json = text ? json_loads(text, 0, NULL) : NULL;

        free(text);
        if (json) {
                json_object_set_new(json, "alg", json_string(TOKEN_ALGORITHM));
                json_object_set_new(json, "use", json_string("sig"));
        }
        return json;
}

static const char *dump(Arena *arena, const json_t *json) {
        char *text = json_dumps(json, JSON_COMPACT);
        const char *copy = arena_strdup(arena, text);

        free(text);
        return copy;
}

static void release_key(void *key) {
        cjose_jwk_release(key);
}

/* The words of may as a list; NULL when one of them means nothing. */
static json_t *list_rights(Arena *arena, const char *may) {
        AUTO_JSON list = json_array();
        Rights rights = { 0 };
        char *rest;

        for (char *word = strtok_r(arena_strdup(arena, may), " ", &rest); word;
             word = strtok_r(NULL, " ", &rest)) {
                if (!auth_rights_add(&rights, word))
                        return NULL;
                json_array_append_new(list, json_string(word));
        }
        return json_incref(list);
}

const Error *auth_token_make_key(Arena *arena, const char *may, const char **ret_private_jwk,
                                 const char **ret_jwks) {
        char kid[KID_DIGITS + 1];
        cjose_err problem;
        cjose_jwk_t *key = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &problem);

        if (!key)
                return error_internal(arena, NULL, "Cannot make a key: %s", problem.message);
        arena_defer(arena, release_key, key);
        uuid_random_hex(kid, KID_DIGITS);
        if (!cjose_jwk_set_kid(key, kid, KID_DIGITS, &problem))
                return error_internal(arena, NULL, "Cannot name a key: %s", problem.message);
        AUTO_JSON secret = describe_key(key, true);
        AUTO_JSON open = describe_key(key, false);
        if (!secret || !open || json_object_set_new(open, RIGHTS_MEMBER, list_rights(arena, may)) != 0)
                return error_internal(arena, NULL, "Cannot write a key");
        *ret_private_jwk = dump(arena, secret);
        AUTO_JSON jwks = json_pack("{s:[O]}", "keys", open);
        *ret_jwks = dump(arena, jwks);
        return NULL;
}

const Error *auth_token_public_key(Arena *arena, const char *jwks, TokenPublicKey *ret_key) {
        AUTO_JSON set = json_loads(jwks, JSON_REJECT_DUPLICATES, NULL);
        const json_t *key = json_array_get(json_object_get(set, "keys"), 0);
        const TokenPublicKey public_key = {
                .kid = arena_strdup(arena, json_string_value(json_object_get(key, "kid"))),
                .x = arena_strdup(arena, json_string_value(json_object_get(key, "x"))),
                .y = arena_strdup(arena, json_string_value(json_object_get(key, "y"))),
        };

        if (!public_key.kid || !public_key.x || !public_key.y)
                return error_internal(arena, NULL, "The JWKS begins with no P-256 key that has a kid");
        *ret_key = public_key;
        return NULL;
}

const char *auth_token_join_keys(Arena *arena, const char *const *jwks, size_t n) {
        AUTO_JSON list = json_array();

        for (size_t i = 0; i < n; i++) {
                AUTO_JSON set = json_loads(jwks[i], 0, NULL);

                json_array_extend(list, json_object_get(set, "keys"));
        }
        AUTO_JSON all = json_pack("{s:O}", "keys", list);
        return dump(arena, all);
}

static json_t *role_list(unsigned roles) {
        json_t *list = json_array();

        for (size_t i = 0; i < CTX_N_ROLE_WORDS; i++)
                if (roles & ctx_role_words[i].role)
                        json_array_append_new(list, json_string(ctx_role_words[i].word));
        return list;
}

static json_t *make_claims(Arena *arena, const char *subject, unsigned roles, int64_t lifetime_ms) {
        json_int_t now_s = clock_wall_us() / 1000000;

        return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:s}", "iss", TOKEN_ISSUER, "aud", TOKEN_AUDIENCE,
                         "sub", subject, "roles", role_list(roles), "iat", now_s, "exp",
                         now_s + lifetime_ms / 1000, "jti", uuid_new(arena));
}

static const Error *sign(const TokenSigner *signer, Arena *arena, const char *claims,
                         const char **ret_token) {
        cjose_err problem;
        AUTO_JSON header = json_pack("{s:s, s:s, s:s}", "alg", TOKEN_ALGORITHM, "typ", TOKEN_TYPE, "kid",
                                     auth_jose_kid(signer->key));
        AUTO_JWS jws =
                cjose_jws_sign(signer->key, header, (const uint8_t *) claims, strlen(claims), &problem);
        const char *token;

        if (!jws || !cjose_jws_export(jws, &token, &problem))
                return error_internal(arena, NULL, "Cannot sign a token: %s", problem.message);
        *ret_token = arena_strdup(arena, token);
        return NULL;
}

const Error *auth_token_signer_new(Arena *arena, const char *private_jwk, TokenSigner **ret_signer) {
        cjose_err problem;
        TokenSigner *signer = ARENA_NEW(arena, TokenSigner);
        const char *probe;

        signer->key = cjose_jwk_import(private_jwk, strlen(private_jwk), &problem);
        if (!signer->key)
                return error_internal(arena, NULL, "The signing key is not a JWK: %s", problem.message);
        const Error *error = auth_jose_is_usable(signer->key)
                                     ? sign(signer, arena, "{}", &probe)
                                     : error_internal(arena, NULL, "The signing key is not P-256 with a kid");
        if (error) {
                auth_token_signer_free(signer);
                return error;
        }
        *ret_signer = signer;
        return NULL;
}

void auth_token_signer_free(TokenSigner *signer) {
        if (signer)
                cjose_jwk_release(signer->key);
}

const Error *auth_token_sign(TokenSigner *signer, Arena *arena, const char *subject, unsigned roles,
                             int64_t lifetime_ms, const char **ret_token) {
        AUTO_JSON claims = make_claims(arena, subject, roles, lifetime_ms);

        if (!claims)
                return error_internal(arena, NULL, "The token's subject is not UTF-8");
        return sign(signer, arena, dump(arena, claims), ret_token);
}
