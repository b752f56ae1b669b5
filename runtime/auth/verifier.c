#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "auth/cache_private.h"
#include "auth/jose_private.h"
#include "auth/rights_private.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/str.h"

typedef struct VerifierKey {
        cjose_jwk_t *jwk;
        Rights rights;
} VerifierKey;

struct TokenVerifier {
        VerifierKey *keys;
        size_t n_keys;
        EVP_MD *sha256;
        TokenCache *cache;
};

static const Error *refuse(Arena *arena, const char *problem) {
        return error_new(arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED, "The token is %s", problem);
}

/* ---- keys ---- */

static bool read_rights(const json_t *list, Rights *ret_rights) {
        Rights rights = { 0 };

        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *word = json_string_value(json_array_get(list, i));

                if (!word || !auth_rights_add(&rights, word))
                        return false;
        }
        *ret_rights = rights;
        return json_array_size(list) > 0;
}

/* Keys of other kinds are not for us; one of ours that may say nothing is a mistake. */
static const Error *add_key(TokenVerifier *verifier, Arena *arena, json_t *json) {
        cjose_err problem;
        cjose_jwk_t *jwk = cjose_jwk_import_json((cjose_header_t *) json, &problem);
        VerifierKey *key = &verifier->keys[verifier->n_keys];

        if (!jwk)
                return NULL;
        if (!auth_jose_is_usable(jwk)) {
                cjose_jwk_release(jwk);
                return NULL;
        }
        key->jwk = jwk;
        verifier->n_keys++;
        if (!read_rights(json_object_get(json, RIGHTS_MEMBER), &key->rights))
                return error_internal(arena, NULL, "The key %s lists nothing clear in " RIGHTS_MEMBER,
                                      auth_jose_kid(jwk));
        return NULL;
}

static const Error *add_keys(TokenVerifier *verifier, Arena *arena, json_t *keys) {
        verifier->keys = ARENA_ARRAY(arena, VerifierKey, json_array_size(keys));
        for (size_t i = 0; i < json_array_size(keys); i++)
                TRY(add_key(verifier, arena, json_array_get(keys, i)));
        return verifier->n_keys > 0 ? NULL
                                    : error_internal(arena, NULL, "The JWKS holds no P-256 key with a kid");
}

const Error *auth_token_verifier_new(Arena *arena, const char *jwks, TokenVerifier **ret_verifier) {
        AUTO_JSON json = json_loads(jwks, JSON_REJECT_DUPLICATES, NULL);
        TokenVerifier *verifier = ARENA_NEW(arena, TokenVerifier);

        verifier->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        verifier->cache = auth_token_cache_new();
        const Error *error = verifier->sha256 ? add_keys(verifier, arena, json_object_get(json, "keys"))
                                              : error_internal(arena, NULL, "There is no SHA-256");
        if (error) {
                auth_token_verifier_free(verifier);
                return error;
        }
        *ret_verifier = verifier;
        return NULL;
}

void auth_token_verifier_free(TokenVerifier *verifier) {
        if (!verifier)
                return;
        for (size_t i = 0; i < verifier->n_keys; i++)
                cjose_jwk_release(verifier->keys[i].jwk);
        EVP_MD_free(verifier->sha256);
        auth_token_cache_free(verifier->cache);
}

static const VerifierKey *find_key(const TokenVerifier *verifier, const char *kid) {
        for (size_t i = 0; i < verifier->n_keys; i++)
                if (kid && str_equal(auth_jose_kid(verifier->keys[i].jwk), kid))
                        return &verifier->keys[i];
        return NULL;
}

/* ---- spelling ---- */

const char *auth_token_of_bearer(const char *authorization) {
        static const char scheme[] = "Bearer ";
        bool is_bearer = authorization && strncasecmp(authorization, scheme, strlen(scheme)) == 0;

        return is_bearer ? authorization + strlen(scheme) : NULL;
}

/*
 * libcjose also takes padding and tail bits, which would be further texts for the same token: each would cost
 * a verification and a place in the cache.
 */
static bool is_compact_form(const char *token) {
        for (int part = 0; part < 2; part++) {
                size_t n = strcspn(token, ".");

                if (token[n] != '.' || !base64url_is(token, n))
                        return false;
                token += n + 1;
        }
        return strlen(token) == TOKEN_SIGNATURE_CHARACTERS && base64url_is(token, TOKEN_SIGNATURE_CHARACTERS);
}

static bool is_text(const json_t *json, const char *expected) {
        const char *text = json_string_value(json);

        return text && str_equal(text, expected);
}

static const VerifierKey *key_of_header(const TokenVerifier *verifier, const json_t *header) {
        if (!is_text(json_object_get(header, "alg"), TOKEN_ALGORITHM) ||
            !is_text(json_object_get(header, "typ"), TOKEN_TYPE) || json_object_get(header, "crit"))
                return NULL;
        return find_key(verifier, json_string_value(json_object_get(header, "kid")));
}

static const Error *open_token(const TokenVerifier *verifier, Arena *arena, const char *token, size_t n_bytes,
                               json_t **ret_claims, const Rights **ret_rights) {
        cjose_err problem;
        AUTO_JWS jws = cjose_jws_import(token, n_bytes, &problem);
        uint8_t *text;
        size_t n_text;

        if (!jws)
                return refuse(arena, "malformed");
        const VerifierKey *key = key_of_header(verifier, (const json_t *) cjose_jws_get_protected(jws));
        if (!key || !cjose_jws_verify(jws, key->jwk, &problem) ||
            !cjose_jws_get_plaintext(jws, &text, &n_text, &problem))
                return refuse(arena, "forged, or signed with a key that is not known here");
        *ret_rights = &key->rights;
        *ret_claims = json_loadb((const char *) text, n_text, JSON_REJECT_DUPLICATES, NULL);
        return *ret_claims ? NULL : refuse(arena, "malformed");
}

/* ---- claims ---- */

static bool is_for_us(const json_t *audience) {
        if (is_text(audience, TOKEN_AUDIENCE))
                return true;
        for (size_t i = 0; i < json_array_size(audience); i++)
                if (is_text(json_array_get(audience, i), TOKEN_AUDIENCE))
                        return true;
        return false;
}

static bool read_subject(const json_t *json, char ret_subject[TOKEN_MAX_SUBJECT_BYTES + 1]) {
        const char *subject = json_string_value(json);
        size_t n_bytes = json_string_length(json);

        if (n_bytes == 0 || n_bytes > TOKEN_MAX_SUBJECT_BYTES)
                return false;
        for (size_t i = 0; i < n_bytes; i++)
                if ((unsigned char) subject[i] <= 0x20 || subject[i] == 0x7F)
                        return false;
        memcpy(ret_subject, subject, n_bytes + 1);
        return true;
}

static bool read_roles(const json_t *list, unsigned *ret_roles) {
        unsigned roles = 0;

        for (size_t i = 0; i < json_array_size(list); i++) {
                const char *name = json_string_value(json_array_get(list, i));
                Role role = name ? ctx_role_of(name) : 0;

                if (!role)
                        return false;
                roles |= role;
        }
        *ret_roles = roles;
        return roles != 0;
}

/* Seconds since 1970, as microseconds; false unless it is an integer of this era. */
static bool read_time(const json_t *json, int64_t *ret_us) {
        json_int_t seconds = json_integer_value(json);

        if (!json_is_integer(json) || seconds < 0 || seconds > INT64_C(253402300799))
                return false;
        *ret_us = seconds * 1000000;
        return true;
}

static const Error *read_claims(Arena *arena, const json_t *json, int64_t now_us, TokenClaims *ret_claims) {
        const json_t *not_before = json_object_get(json, "nbf");
        int64_t start_us = 0;

        if (!is_text(json_object_get(json, "iss"), TOKEN_ISSUER) || !is_for_us(json_object_get(json, "aud")))
                return refuse(arena, "not meant for this installation");
        if (!read_subject(json_object_get(json, "sub"), ret_claims->subject) ||
            !read_roles(json_object_get(json, "roles"), &ret_claims->roles) ||
            !read_time(json_object_get(json, "exp"), &ret_claims->expires_us) ||
            (not_before && !read_time(not_before, &start_us)))
                return refuse(arena, "malformed");
        ret_claims->expires_us += TOKEN_LEEWAY_MS * 1000;
        if (now_us >= ret_claims->expires_us)
                return refuse(arena, "expired");
        return now_us < start_us - TOKEN_LEEWAY_MS * 1000 ? refuse(arena, "not valid yet") : NULL;
}

/* ---- all of it ---- */

/* The key's rights are part of what the token says, and are cached with it. */
static const Error *apply_rights(Arena *arena, const Rights *rights, TokenClaims *claims) {
        if (!auth_rights_allow(rights, claims))
                return refuse(arena, "signed with a key that may not say this");
        claims->acts_for = claims->roles & ROLE_SERVICE ? rights->acts_for : 0;
        return NULL;
}

static const Caller *make_caller(Arena *arena, const TokenClaims *claims) {
        Caller *caller = ARENA_NEW(arena, Caller);

        caller->id = arena_strdup(arena, claims->subject);
        caller->roles = claims->roles;
        caller->service = claims->roles & ROLE_SERVICE ? caller->id : NULL;
        caller->acts_for = claims->acts_for;
        return caller;
}

static bool hash_of(const TokenVerifier *verifier, const char *token, TokenHash *ret_hash) {
        return EVP_Digest(token, strlen(token), ret_hash->bytes, NULL, verifier->sha256, NULL);
}

bool auth_token_is_known(TokenVerifier *verifier, Arena *arena, const char *token,
                         const Caller **ret_caller) {
        TokenClaims claims;
        TokenHash hash;

        if (strlen(token) > TOKEN_MAX_BYTES || !hash_of(verifier, token, &hash) ||
            !auth_token_cache_find(verifier->cache, &hash, clock_wall_us(), &claims))
                return false;
        *ret_caller = make_caller(arena, &claims);
        return true;
}

const Error *auth_token_verify(TokenVerifier *verifier, Arena *arena, const char *token,
                               const Caller **ret_caller) {
        size_t n_bytes = strlen(token);
        int64_t now_us = clock_wall_us();
        TokenClaims claims = { 0 };
        TokenHash hash;

        if (n_bytes > TOKEN_MAX_BYTES || !is_compact_form(token))
                return refuse(arena, "malformed");
        if (!hash_of(verifier, token, &hash))
                return error_internal(arena, NULL, "Cannot hash a token");
        if (!auth_token_cache_find(verifier->cache, &hash, now_us, &claims)) {
                AUTO_JSON json = NULL;
                const Rights *rights;

                TRY(open_token(verifier, arena, token, n_bytes, &json, &rights));
                TRY(read_claims(arena, json, now_us, &claims));
                TRY(apply_rights(arena, rights, &claims));
                auth_token_cache_add(verifier->cache, &hash, &claims);
        }
        *ret_caller = make_caller(arena, &claims);
        return NULL;
}
