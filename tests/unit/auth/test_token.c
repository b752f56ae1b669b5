#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "token_fixture.h"

static void assert_malformed(const char *token, const char *why) {
        const Caller *caller;
        const Error *error = auth_token_verify(issuer.verifier, arena(), token, &caller);

        ck_assert_msg(error && strstr(error->message, "malformed"), "%s: %s", why,
                      error ? error->message : "accepted");
}

TEST(verifies_what_it_signed_twice_the_second_time_from_the_cache) {
        const char *token;
        const Caller *caller;

        ck_assert_ok(auth_token_sign(issuer.signer, arena(), "CUST-12345", ROLE_CUSTOMER | ROLE_ADMIN,
                                     TOKEN_ACCESS_MS, &token));
        for (int i = 0; i < 2; i++) {
                ck_assert_ok(auth_token_verify(issuer.verifier, arena(), token, &caller));
                ck_assert_str_eq(caller->id, "CUST-12345");
                ck_assert_uint_eq(caller->roles, ROLE_CUSTOMER | ROLE_ADMIN);
                ck_assert_ptr_null(caller->service);
        }
        ck_assert_ok(auth_token_sign(issuer.signer, arena(), "order", ROLE_SERVICE, TOKEN_ACCESS_MS, &token));
        ck_assert_ok(auth_token_verify(issuer.verifier, arena(), token, &caller));
        ck_assert_str_eq(caller->service, "order");
}

TEST(knows_what_it_verified_before) {
        const char *token = sign(issuer.key, HEADER(issuer.kid), claims_with("exp", seconds_from_now(-20)));
        const Caller *caller = NULL;

        ck_assert(!auth_token_is_known(issuer.verifier, arena(), token, &caller));
        ck_assert_ptr_null(caller);
        assert_accepted(token, "CUST-12345");
        ck_assert(auth_token_is_known(issuer.verifier, arena(), token, &caller));
        ck_assert_str_eq(caller->id, "CUST-12345");
        ck_assert(
                !auth_token_is_known(issuer.verifier, arena(), arena_printf(arena(), "%sA", token), &caller));
        ck_assert(!auth_token_is_known(issuer.verifier, arena(), "", &caller));
}

TEST(both_keys_verify_during_a_rotation) {
        const char *key, *jwks, *token;
        TokenSigner *next;

        ck_assert_ok(auth_token_make_key(arena(), EVERYTHING, &key, &jwks));
        ck_assert_ok(auth_token_signer_new(arena(), key, &next));
        ck_assert_ok(auth_token_sign(next, arena(), "CUST-2", ROLE_CUSTOMER, TOKEN_ACCESS_MS, &token));
        assert_refused(token, "a key that is not known yet");
        auth_token_verifier_free(issuer.verifier);
        json_t *both = json_loads(issuer.jwks, 0, NULL), *added = json_loads(jwks, 0, NULL);
        json_array_extend(json_object_get(both, "keys"), json_object_get(added, "keys"));
        char *text = json_dumps(both, 0);
        ck_assert_ok(auth_token_verifier_new(arena(), text, &issuer.verifier));
        assert_accepted(token, "CUST-2");
        ck_assert_ok(
                auth_token_sign(issuer.signer, arena(), "CUST-1", ROLE_CUSTOMER, TOKEN_ACCESS_MS, &token));
        assert_accepted(token, "CUST-1");
        free(text);
        json_decref(both);
        json_decref(added);
        auth_token_signer_free(next);
}

TEST(refuses_other_algorithms_and_headers) {
        const char *claims = claims_with(NULL, NULL);
        const char *octets = arena_printf(arena(), "{\"kty\":\"oct\",\"k\":\"%s\"}", base64url(issuer.jwks));
        const char *header =
                arena_printf(arena(), "{\"alg\":\"HS256\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", issuer.kid);

        assert_accepted(sign(issuer.key, HEADER(issuer.kid), claims), "CUST-12345");
        assert_refused(sign(octets, header, claims), "HS256 with the public key as its secret");
        assert_refused(arena_printf(arena(), "%s.%s.", base64url("{\"alg\":\"none\",\"typ\":\"at+jwt\"}"),
                                    base64url(claims)),
                       "no signature");
        header = arena_printf(arena(), "{\"alg\":\"ES384\",\"typ\":\"at+jwt\",\"kid\":\"%s\"}", issuer.kid);
        assert_refused(sign(issuer.key, header, claims), "another hash under the same key");
        assert_refused(sign(issuer.key, HEADER("0123456789abcdef"), claims), "a kid that is not known");
        assert_refused(sign(issuer.key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", claims), "no kid");
        header = arena_printf(arena(), "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", issuer.kid);
        assert_refused(sign(issuer.key, header, claims), "another type of token");
        header = arena_printf(arena(), "{\"alg\":\"ES256\",\"kid\":\"%s\"}", issuer.kid);
        assert_refused(sign(issuer.key, header, claims), "no type");
        header = arena_printf(arena(),
                              "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"%s\",\"crit\":[\"exp\"]}",
                              issuer.kid);
        assert_refused(sign(issuer.key, header, claims), "critical headers");
}

TEST(refuses_another_key_under_a_known_kid) {
        const char *key, *jwks;

        ck_assert_ok(auth_token_make_key(arena(), EVERYTHING, &key, &jwks));
        assert_refused(sign(key, HEADER(issuer.kid), claims_with(NULL, NULL)), "another's signature");
}

TEST(refuses_a_tampered_payload) {
        const char *token = sign(issuer.key, HEADER(issuer.kid), claims_with(NULL, NULL));
        const char *signature = strrchr(token, '.');
        const char *forged = arena_printf(arena(), "%.*s.%s%s", (int) strcspn(token, "."), token,
                                          base64url(claims_with("sub", "\"CUST-99999\"")), signature);

        assert_accepted(token, "CUST-12345");
        assert_refused(forged, "another payload");
}

TEST(refuses_texts_that_are_not_tokens) {
        const char *token = sign(issuer.key, HEADER(issuer.kid), claims_with(NULL, NULL));
        char *long_token = arena_alloc(arena(), TOKEN_MAX_BYTES + 2);

        assert_accepted(token, "CUST-12345");
        assert_refused(arena_printf(arena(), "%s=", token), "padding");
        assert_refused(arena_printf(arena(), "%s ", token), "a blank");
        assert_refused(arena_printf(arena(), "%s.", token), "a third dot");
        assert_refused("", "nothing");
        assert_refused("..", "two dots");
        assert_refused("e30.e30.e30", "empty objects");
        assert_refused("garbage", "garbage");
        memset(long_token, 'a', TOKEN_MAX_BYTES + 1);
        assert_refused(long_token, "too long");
}

/* The token whose part's last character is the next of the alphabet: the same bytes when it has tail bits. */
static const char *respelled(const char *token, size_t part) {
        static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        char *copy = arena_strdup(arena(), token), *end = copy;

        for (size_t i = 0; i <= part; i++)
                end += strcspn(end, ".") + (i < part);
        end[-1] = strchr(alphabet, end[-1])[1];
        return copy;
}

/* Claims whose text in base64url ends in tail bits: their number of bytes is not one of threes. */
static const char *claims_with_a_tail(void) {
        const char *claims = claims_with(NULL, NULL);

        return strlen(claims) % 3 == 0 ? arena_printf(arena(), "%s ", claims) : claims;
}

TEST(a_token_has_one_spelling) {
        const char *token = sign(issuer.key, HEADER(issuer.kid), claims_with_a_tail());

        assert_accepted(token, "CUST-12345");
        ck_assert_uint_eq(strlen(strrchr(token, '.') + 1), TOKEN_SIGNATURE_CHARACTERS);
        assert_malformed(respelled(token, 2), "tail bits in the signature");
        assert_malformed(respelled(token, 1), "tail bits in the claims");
        assert_malformed(arena_printf(arena(), "%sA", token), "a signature of 87 characters");
        assert_malformed(arena_printf(arena(), "%.*s", (int) strlen(token) - 1, token),
                         "a signature of 85 characters");
        assert_malformed(arena_printf(arena(), "AAAAA%s", token), "a part of a length that no bytes have");
}

TEST(refuses_claims_that_do_not_hold_here) {
        static const struct {
                const char *member, *value;
        } samples[] = {
                { "iss", "\"other\"" },    { "iss", NULL },
                { "aud", "\"other\"" },    { "aud", "[\"other\"]" },
                { "aud", NULL },           { "sub", "\"\"" },
                { "sub", NULL },           { "sub", "7" },
                { "sub", "\"a b\"" },      { "roles", "[]" },
                { "roles", "[\"root\"]" }, { "roles", "\"admin\"" },
                { "roles", NULL },         { "exp", NULL },
                { "exp", "\"soon\"" },     { "exp", "1e12" },
                { "exp", "-1" },           { "nbf", "\"now\"" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                const char *claims = claims_with(samples[i].member, samples[i].value);

                assert_refused(sign(issuer.key, HEADER(issuer.kid), claims), claims);
        }
        assert_refused(sign(issuer.key, HEADER(issuer.kid), "not json"), "a payload that is not JSON");
        assert_refused(sign(issuer.key, HEADER(issuer.kid), "{\"sub\":\"a\",\"sub\":\"b\"}"),
                       "a claim twice");
}

TEST(accepts_an_audience_among_several) {
        const char *claims = claims_with("aud", "[\"other\",\"" TOKEN_AUDIENCE "\"]");

        assert_accepted(sign(issuer.key, HEADER(issuer.kid), claims), "CUST-12345");
}

TEST(times_hold_with_thirty_seconds_of_leeway) {
        const char *header = HEADER(issuer.kid);

        assert_accepted(sign(issuer.key, header, claims_with("exp", seconds_from_now(-20))), "CUST-12345");
        assert_refused(sign(issuer.key, header, claims_with("exp", seconds_from_now(-40))), "expired");
        assert_accepted(sign(issuer.key, header, claims_with("nbf", seconds_from_now(20))), "CUST-12345");
        assert_refused(sign(issuer.key, header, claims_with("nbf", seconds_from_now(40))), "not valid yet");
}

TEST(subjects_are_limited_in_length) {
        char subject[TOKEN_MAX_SUBJECT_BYTES + 2] = "";
        const char *token;

        memset(subject, 's', TOKEN_MAX_SUBJECT_BYTES);
        ck_assert_ok(
                auth_token_sign(issuer.signer, arena(), subject, ROLE_CUSTOMER, TOKEN_ACCESS_MS, &token));
        assert_accepted(token, subject);
        subject[TOKEN_MAX_SUBJECT_BYTES] = 's';
        ck_assert_ok(
                auth_token_sign(issuer.signer, arena(), subject, ROLE_CUSTOMER, TOKEN_ACCESS_MS, &token));
        assert_refused(token, "a subject that is too long");
}

/* A token of a key that may say only so much. */
static const Error *verify_with(const char *may, const char *subject, unsigned roles,
                                const Caller **ret_caller) {
        const char *key, *jwks, *token;
        TokenVerifier *verifier;
        TokenSigner *signer;

        ck_assert_ok(auth_token_make_key(arena(), may, &key, &jwks));
        jwks = auth_token_join_keys(arena(), (const char *[]) { issuer.jwks, jwks }, 2);
        ck_assert_ok(auth_token_signer_new(arena(), key, &signer));
        ck_assert_ok(auth_token_verifier_new(arena(), jwks, &verifier));
        ck_assert_ok(auth_token_sign(signer, arena(), subject, roles, TOKEN_ACCESS_MS, &token));
        const Error *error = auth_token_verify(verifier, arena(), token, ret_caller);
        auth_token_signer_free(signer);
        auth_token_verifier_free(verifier);
        return error;
}

TEST(a_key_says_no_more_than_it_may) {
        static const struct {
                const char *may, *subject;
                unsigned roles;
        } stolen[] = {
                { "service:order for:admin", "USER-1", ROLE_ADMIN },
                { "service:order for:admin", "order", ROLE_ADMIN },
                { "service:order", "order", ROLE_SERVICE | ROLE_ADMIN },
                { "service:order", "payment", ROLE_SERVICE },
                { "service:order", "orders", ROLE_SERVICE },
                { "customer seller admin", "order", ROLE_SERVICE },
                { "customer seller admin service:order", "order", ROLE_SERVICE | ROLE_CUSTOMER },
                { "customer", "USER-1", ROLE_ADMIN },
                { "customer", "USER-1", ROLE_CUSTOMER | ROLE_ADMIN },
                { "for:customer", "USER-1", ROLE_CUSTOMER },
        };
        const Caller *caller = NULL;

        for (size_t i = 0; i < ARRAY_SIZE(stolen); i++)
                ck_assert_reason(verify_with(stolen[i].may, stolen[i].subject, stolen[i].roles, &caller),
                                 REASON_UNAUTHENTICATED);
        ck_assert_ptr_null(caller);
}

TEST(a_key_says_all_that_it_may) {
        const Caller *caller;

        ck_assert_ok(verify_with("customer admin", "USER-1", ROLE_CUSTOMER | ROLE_ADMIN, &caller));
        ck_assert_uint_eq(caller->roles, ROLE_CUSTOMER | ROLE_ADMIN);
        ck_assert_uint_eq(caller->acts_for, 0);
        ck_assert_ok(verify_with("service:order for:customer for:admin", "order", ROLE_SERVICE, &caller));
        ck_assert_str_eq(caller->service, "order");
        ck_assert_uint_eq(caller->acts_for, ROLE_CUSTOMER | ROLE_ADMIN);
}

TEST(a_key_whose_rights_are_not_clear_is_a_mistake) {
        static const char *const unclear[] = { "", "king", "service", "service:", "for:king", "for:service",
                                               "service:order service:payment" };
        const char *key, *jwks;
        TokenVerifier *verifier = NULL;

        for (size_t i = 1; i < ARRAY_SIZE(unclear); i++)
                ck_assert(auth_token_make_key(arena(), unclear[i], &key, &jwks) != NULL);
        ck_assert_ok(auth_token_make_key(arena(), unclear[0], &key, &jwks));
        ck_assert(auth_token_verifier_new(arena(), jwks, &verifier) != NULL);
        ck_assert_ptr_null(verifier);
}

TEST(refuses_keys_that_cannot_sign_or_verify) {
        TokenVerifier *verifier = NULL;
        TokenSigner *signer = NULL;
        json_t *jwks = json_loads(issuer.jwks, 0, NULL);
        char *public_jwk = json_dumps(json_array_get(json_object_get(jwks, "keys"), 0), 0);

        ck_assert(auth_token_signer_new(arena(), public_jwk, &signer) != NULL);
        ck_assert(auth_token_signer_new(arena(), "{\"kty\":\"oct\",\"k\":\"c2VjcmV0\",\"kid\":\"a\"}",
                                        &signer) != NULL);
        ck_assert(auth_token_signer_new(arena(), "nonsense", &signer) != NULL);
        ck_assert(auth_token_verifier_new(arena(), "{\"keys\":[]}", &verifier) != NULL);
        ck_assert(auth_token_verifier_new(arena(), "nonsense", &verifier) != NULL);
        ck_assert_ptr_null(signer);
        ck_assert_ptr_null(verifier);
        free(public_jwk);
        json_decref(jwks);
}

int main(void) {
        Suite *suite = suite_create("token");
        TCase *tests = tcase_create("token");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
