#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "auth/cache_private.h"
#include "auth/keys_private.h"
#include "base/base64.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"

struct TokenVerifier {
        TokenKeys own; /* of a file; they stay */
        TokenKeys more; /* likewise, of users' tokens */
        TokenKeySource source;
        EVP_MD *sha256;
        TokenCache *cache;
        pthread_rwlock_t lock; /* of what follows: shared while a token is verified and enters the cache */
        Arena *issued_arena;   /* NULL: none were taken yet */
        TokenKeys issued;
};

static const Error *refuse(Arena *arena, const char *problem) {
        return error_new(arena, ERROR_UNAUTHENTICATED, REASON_UNAUTHENTICATED, "The token is %s", problem);
}

/* ---- keys ---- */

/* Whoever replaces keys must not wait for ever behind those who verify. */
static void init_lock(pthread_rwlock_t *lock) {
        pthread_rwlockattr_t attributes;

        pthread_rwlockattr_init(&attributes);
        pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
        pthread_rwlock_init(lock, &attributes);
        pthread_rwlockattr_destroy(&attributes);
}

const Error *auth_token_verifier_new(Arena *arena, const char *jwks, TokenVerifier **ret_verifier) {
        TokenVerifier *verifier = ARENA_NEW(arena, TokenVerifier);

        init_lock(&verifier->lock);
        verifier->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
        verifier->cache = auth_token_cache_new();
        const Error *error = verifier->sha256 ? auth_token_keys_read(arena, jwks, &verifier->own)
                                              : error_internal(arena, NULL, "There is no SHA-256");
        if (error) {
                auth_token_verifier_free(verifier);
                return error;
        }
        *ret_verifier = verifier;
        return NULL;
}

static void free_issued(Arena *arena, TokenKeys *keys) {
        auth_token_keys_release(keys);
        if (arena)
                arena_free(arena);
}

void auth_token_verifier_free(TokenVerifier *verifier) {
        if (!verifier)
                return;
        auth_token_keys_release(&verifier->own);
        auth_token_keys_release(&verifier->more);
        free_issued(verifier->issued_arena, &verifier->issued);
        EVP_MD_free(verifier->sha256);
        auth_token_cache_free(verifier->cache);
        pthread_rwlock_destroy(&verifier->lock);
}

void auth_token_verifier_ask(TokenVerifier *verifier, const TokenKeySource *source) {
        verifier->source = *source;
}

static const Error *read_users_keys(Arena *arena, const char *jwks, TokenKeys *ret_keys) {
        TRY(auth_token_keys_read(arena, jwks, ret_keys));
        if (auth_token_keys_are_of_users(ret_keys))
                return NULL;
        auth_token_keys_release(ret_keys);
        return error_internal(arena, NULL, "Among the keys of users' tokens is one for services");
}

const Error *auth_token_verifier_add(TokenVerifier *verifier, Arena *arena, const char *jwks) {
        TokenKeys keys;

        TRY(read_users_keys(arena, jwks, &keys));
        auth_token_keys_release(&verifier->more);
        verifier->more = keys;
        return NULL;
}

/* What a key that is gone, or may say less now, has verified must not be found in the cache. */
static void replace_issued(TokenVerifier *verifier, Arena *arena, const TokenKeys *keys) {
        pthread_rwlock_wrlock(&verifier->lock);
        Arena *old_arena = verifier->issued_arena;
        TokenKeys old = verifier->issued;
        verifier->issued_arena = arena;
        verifier->issued = *keys;
        if (!auth_token_keys_are_among(&old, keys))
                auth_token_cache_clear(verifier->cache);
        pthread_rwlock_unlock(&verifier->lock);
        free_issued(old_arena, &old);
}

const Error *auth_token_verifier_take(TokenVerifier *verifier, Arena *arena, const char *jwks) {
        Arena *own = arena_new();
        TokenKeys keys = { 0 };
        const Error *error = read_users_keys(own, jwks, &keys);

        if (error) {
                error = error_copy(arena, error);
                arena_free(own);
                return error;
        }
        replace_issued(verifier, own, &keys);
        return NULL;
}

/* Under the lock. A key of a file is never overruled by one of the issuer's that is called like it. */
static const TokenKey *find_key(const TokenVerifier *verifier, const char *kid) {
        const TokenKeys *const all[] = { &verifier->own, &verifier->more, &verifier->issued };
        const TokenKey *key = NULL;

        for (size_t i = 0; !key && i < ARRAY_SIZE(all); i++)
                key = auth_token_keys_find(all[i], kid);
        return key;
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

/* The kid of a header that is one of ours; NULL when it is not. */
static const char *kid_of_header(const json_t *header) {
        if (!is_text(json_object_get(header, "alg"), TOKEN_ALGORITHM) ||
            !is_text(json_object_get(header, "typ"), TOKEN_TYPE) || json_object_get(header, "crit"))
                return NULL;
        return json_string_value(json_object_get(header, "kid"));
}

static const char *kid_of(cjose_jws_t *jws) {
        return kid_of_header((const json_t *) cjose_jws_get_protected(jws));
}

/* Has the source look for a key that is not known. */
static const Error *look_for_key(TokenVerifier *verifier, Arena *arena, const char *kid) {
        if (!kid || !verifier->source.look)
                return NULL;
        pthread_rwlock_rdlock(&verifier->lock);
        bool is_known = find_key(verifier, kid);
        pthread_rwlock_unlock(&verifier->lock);
        return is_known ? NULL : verifier->source.look(verifier->source.self, arena);
}

/* Under the lock, as long as ret_rights is used. */
static const Error *open_token(const TokenVerifier *verifier, Arena *arena, cjose_jws_t *jws,
                               json_t **ret_claims, const Rights **ret_rights) {
        const TokenKey *key = find_key(verifier, kid_of(jws));
        cjose_err problem;
        uint8_t *text;
        size_t n_text;

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

/* Under the lock: with it ends what the key says. */
static const Error *verify_with_keys(const TokenVerifier *verifier, Arena *arena, cjose_jws_t *jws,
                                     int64_t now_us, TokenClaims *ret_claims) {
        AUTO_JSON json = NULL;
        const Rights *rights;

        TRY(open_token(verifier, arena, jws, &json, &rights));
        TRY(read_claims(arena, json, now_us, ret_claims));
        return apply_rights(arena, rights, ret_claims);
}

static const Error *verify_new(TokenVerifier *verifier, Arena *arena, const char *token,
                               const TokenHash *hash, int64_t now_us, TokenClaims *ret_claims) {
        cjose_err problem;
        AUTO_JWS jws = cjose_jws_import(token, strlen(token), &problem);

        if (!jws)
                return refuse(arena, "malformed");
        TRY(look_for_key(verifier, arena, kid_of(jws)));
        pthread_rwlock_rdlock(&verifier->lock);
        const Error *error = verify_with_keys(verifier, arena, jws, now_us, ret_claims);
        if (!error)
                auth_token_cache_add(verifier->cache, hash, ret_claims);
        pthread_rwlock_unlock(&verifier->lock);
        return error;
}

const Error *auth_token_verify(TokenVerifier *verifier, Arena *arena, const char *token,
                               const Caller **ret_caller) {
        int64_t now_us = clock_wall_us();
        TokenClaims claims = { 0 };
        TokenHash hash;

        if (strlen(token) > TOKEN_MAX_BYTES || !is_compact_form(token))
                return refuse(arena, "malformed");
        if (!hash_of(verifier, token, &hash))
                return error_internal(arena, NULL, "Cannot hash a token");
        if (!auth_token_cache_find(verifier->cache, &hash, now_us, &claims))
                TRY(verify_new(verifier, arena, token, &hash, now_us, &claims));
        *ret_caller = make_caller(arena, &claims);
        return NULL;
}
