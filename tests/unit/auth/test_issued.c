/* The keys that a verifier takes from whoever issues users' tokens, and the source that it asks for them. */
#include <jansson.h>
#include <stdlib.h>

#include "base/memory.h"
#include "token_fixture.h"

#define USERS "customer seller admin"

/* Another key, and a token of a customer that it signed. */
typedef struct OtherKey {
        const char *key, *jwks, *token;
} OtherKey;

static OtherKey other_key(const char *may) {
        TokenSigner *signer;
        OtherKey other;

        ck_assert_ok(auth_token_make_key(arena(), may, &other.key, &other.jwks));
        ck_assert_ok(auth_token_signer_new(arena(), other.key, &signer));
        ck_assert_ok(
                auth_token_sign(signer, arena(), "CUST-2", ROLE_CUSTOMER, TOKEN_ACCESS_MS, &other.token));
        auth_token_signer_free(signer);
        return other;
}

static const char *joined(const char *one, const char *other) {
        return auth_token_join_keys(arena(), (const char *[]) { one, other }, 2);
}

TEST(takes_the_issuers_keys_instead_of_those_before) {
        OtherKey first = other_key(USERS), second = other_key(USERS);
        const Caller *caller;

        assert_refused(first.token, "a key that was not taken yet");
        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), first.jwks));
        assert_accepted(first.token, "CUST-2");
        ck_assert_ok(
                auth_token_verifier_take(issuer.verifier, arena(), joined(first.jwks, second.jwks)));
        ck_assert(auth_token_is_known(issuer.verifier, arena(), first.token, &caller));
        assert_accepted(second.token, "CUST-2");
        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), second.jwks));
        ck_assert(!auth_token_is_known(issuer.verifier, arena(), first.token, &caller));
        assert_refused(first.token, "a key that was withdrawn");
        assert_accepted(second.token, "CUST-2");
}

TEST(a_key_that_may_say_less_now_says_no_more) {
        OtherKey other = other_key(USERS);
        json_t *jwks = json_loads(other.jwks, 0, NULL);
        json_t *key = json_array_get(json_object_get(jwks, "keys"), 0);

        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), other.jwks));
        assert_accepted(other.token, "CUST-2");
        json_object_set_new(key, "millrace_may", json_pack("[s]", "admin"));
        char *less = json_dumps(jwks, 0);
        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), less));
        assert_refused(other.token, "what its key may not say any more");
        free(less);
        json_decref(jwks);
}

/* The JWKS with its key under another's name. */
static const char *called_like(const char *jwks, const char *kid) {
        json_t *set = json_loads(jwks, 0, NULL);
        json_t *key = json_array_get(json_object_get(set, "keys"), 0);

        json_object_set_new(key, "kid", json_string(kid));
        char *text = json_dumps(set, 0);
        const char *copy = arena_strdup(arena(), text);
        free(text);
        json_decref(set);
        return copy;
}

TEST(another_key_of_the_same_name_ends_what_the_first_one_signed) {
        OtherKey first = other_key(USERS), second = other_key(USERS);

        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), called_like(first.jwks, "same")));
        const char *token = sign(first.key, HEADER("same"), claims_with(NULL, NULL));
        assert_accepted(token, "CUST-12345");
        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), called_like(second.jwks, "same")));
        assert_refused(token, "a key that was replaced");
}

TEST(the_issuer_makes_no_service) {
        static const char *const too_much[] = { "customer service:order", "customer for:admin" };
        OtherKey known = other_key(USERS);

        ck_assert_ok(auth_token_verifier_take(issuer.verifier, arena(), known.jwks));
        for (size_t i = 0; i < ARRAY_SIZE(too_much); i++) {
                OtherKey other = other_key(too_much[i]);

                ck_assert_ptr_nonnull(
                        auth_token_verifier_take(issuer.verifier, arena(), joined(known.jwks, other.jwks)));
                assert_refused(other.token, too_much[i]);
        }
        ck_assert_ptr_nonnull(auth_token_verifier_take(issuer.verifier, arena(), "{\"keys\":[]}"));
        ck_assert_ptr_nonnull(auth_token_verifier_take(issuer.verifier, arena(), "nonsense"));
        assert_accepted(known.token, "CUST-2");
}

/* A key of the issuer's that is called like one of a file. */
TEST(no_key_of_the_issuers_overrules_one_of_a_file) {
        OtherKey other = other_key(USERS);

        ck_assert_ok(
                auth_token_verifier_take(issuer.verifier, arena(), called_like(other.jwks, issuer.kid)));
        assert_accepted(sign(issuer.key, HEADER(issuer.kid), claims_with(NULL, NULL)), "CUST-12345");
        assert_refused(sign(other.key, HEADER(issuer.kid), claims_with(NULL, NULL)), "the issuer's key");
}

TEST(further_keys_of_a_file_hold_beside_the_first) {
        OtherKey other = other_key(USERS);

        ck_assert_ptr_nonnull(auth_token_verifier_add(issuer.verifier, arena(), "nonsense"));
        ck_assert_ptr_nonnull(
                auth_token_verifier_add(issuer.verifier, arena(), other_key("service:gateway").jwks));
        ck_assert_ok(auth_token_verifier_add(issuer.verifier, arena(), other.jwks));
        assert_accepted(other.token, "CUST-2");
        assert_accepted(sign(issuer.key, HEADER(issuer.kid), claims_with(NULL, NULL)), "CUST-12345");
}

/* A source that takes the keys that it was given, or is away. */
typedef struct FakeSource {
        const char *jwks; /* NULL: away */
        int n_looks;
} FakeSource;

static const Error *look(void *self, Arena *error_arena) {
        FakeSource *source = self;

        source->n_looks++;
        if (!source->jwks)
                return error_new(error_arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        return auth_token_verifier_take(issuer.verifier, error_arena, source->jwks);
}

TEST(looks_for_an_unknown_key_alone) {
        OtherKey other = other_key(USERS), unknown = other_key(USERS);
        FakeSource source = { .jwks = other.jwks };

        auth_token_verifier_ask(issuer.verifier, &(TokenKeySource) { &source, look });
        assert_accepted(sign(issuer.key, HEADER(issuer.kid), claims_with(NULL, NULL)), "CUST-12345");
        assert_refused(sign(issuer.key, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}", claims_with(NULL, NULL)),
                       "no kid");
        assert_refused(sign(other.key, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"other\"}",
                            claims_with(NULL, NULL)),
                       "no access token");
        ck_assert_int_eq(source.n_looks, 0);
        assert_accepted(other.token, "CUST-2");
        ck_assert_int_eq(source.n_looks, 1);
        assert_accepted(other.token, "CUST-2");
        ck_assert_int_eq(source.n_looks, 1);
        assert_refused(unknown.token, "a key that the source does not find");
        ck_assert_int_eq(source.n_looks, 2);
}

TEST(an_unknown_key_is_no_forgery_while_nobody_can_say) {
        OtherKey other = other_key(USERS);
        FakeSource source = { 0 };
        const Caller *caller;

        auth_token_verifier_ask(issuer.verifier, &(TokenKeySource) { &source, look });
        const Error *error = auth_token_verify(issuer.verifier, arena(), other.token, &caller);
        ck_assert_reason(error, REASON_UNAVAILABLE);
        assert_accepted(sign(issuer.key, HEADER(issuer.kid), claims_with(NULL, NULL)), "CUST-12345");
}

int main(void) {
        Suite *suite = suite_create("issued");
        TCase *tests = tcase_create("issued");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
