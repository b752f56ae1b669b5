#include "token_fixture.h"

#include <cjose/cjose.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static Ctx *ctx;
Issuer issuer;

Arena *arena(void) {
        return ctx->arena;
}

static const char *kid_of(const char *jwk) {
        json_t *json = json_loads(jwk, 0, NULL);
        const char *kid = arena_strdup(arena(), json_string_value(json_object_get(json, "kid")));

        json_decref(json);
        return kid;
}

void setup(void) {
        ctx = test_ctx();
        ck_assert_ok(auth_token_make_key(arena(), EVERYTHING, &issuer.key, &issuer.jwks));
        ck_assert_ok(auth_token_signer_new(arena(), issuer.key, &issuer.signer));
        ck_assert_ok(auth_token_verifier_new(arena(), issuer.jwks, &issuer.verifier));
        issuer.kid = kid_of(issuer.key);
}

void teardown(void) {
        auth_token_signer_free(issuer.signer);
        auth_token_verifier_free(issuer.verifier);
}

const char *sign(const char *jwk, const char *header, const char *claims) {
        cjose_err problem;
        cjose_jwk_t *key = cjose_jwk_import(jwk, strlen(jwk), &problem);
        json_t *json = json_loads(header, 0, NULL);
        cjose_jws_t *jws = cjose_jws_sign(key, json, (const uint8_t *) claims, strlen(claims), &problem);
        const char *token;

        ck_assert_msg(jws && cjose_jws_export(jws, &token, &problem), "%s", problem.message);
        token = arena_strdup(arena(), token);
        cjose_jws_release(jws);
        json_decref(json);
        cjose_jwk_release(key);
        return token;
}

const char *base64url(const char *text) {
        cjose_err problem;
        char *encoded;
        size_t n_bytes;

        ck_assert(cjose_base64url_encode((const uint8_t *) text, strlen(text), &encoded, &n_bytes, &problem));
        const char *copy = arena_strndup(arena(), encoded, n_bytes);
        free(encoded);
        return copy;
}

const char *claims_with(const char *member, const char *value) {
        long long now_s = clock_wall_us() / 1000000;
        json_t *json = json_pack("{s:s, s:s, s:s, s:[s], s:I}", "iss", TOKEN_ISSUER, "aud", TOKEN_AUDIENCE,
                                 "sub", "CUST-12345", "roles", "customer", "exp", (json_int_t) now_s + 600);

        if (member && value)
                json_object_set_new(json, member, json_loads(value, JSON_DECODE_ANY, NULL));
        else if (member)
                json_object_del(json, member);
        char *text = json_dumps(json, 0);
        const char *copy = arena_strdup(arena(), text);
        free(text);
        json_decref(json);
        return copy;
}

const char *seconds_from_now(long long offset_s) {
        return arena_printf(arena(), "%lld", (long long) (clock_wall_us() / 1000000) + offset_s);
}

void assert_refused(const char *token, const char *why) {
        const Caller *caller = NULL;
        const Error *error = auth_token_verify(issuer.verifier, arena(), token, &caller);

        ck_assert_msg(error, "accepted: %s", why);
        ck_assert_reason(error, REASON_UNAUTHENTICATED);
        ck_assert_int_eq(error->code, ERROR_UNAUTHENTICATED);
        ck_assert_ptr_null(caller);
}

void assert_accepted(const char *token, const char *subject) {
        const Caller *caller;

        ck_assert_ok(auth_token_verify(issuer.verifier, arena(), token, &caller));
        ck_assert_str_eq(caller->id, subject);
}
