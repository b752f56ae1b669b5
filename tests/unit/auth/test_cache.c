#include "auth/cache_private.h"

#include <string.h>

#include "support.h"

/* Number picks the bucket, since that is made of the first bytes; tag tells hashes of one bucket apart. */
static TokenHash hash_of(uint32_t number, uint32_t tag) {
        TokenHash hash = { 0 };

        memcpy(hash.bytes, &number, sizeof(number));
        memcpy(hash.bytes + 8, &tag, sizeof(tag));
        return hash;
}

static void add(TokenCache *cache, TokenHash hash, int64_t expires_us) {
        auth_token_cache_add(cache, &hash,
                             &(TokenClaims) { .subject = "CUST-1", .roles = 1, .expires_us = expires_us });
}

static bool finds(TokenCache *cache, TokenHash hash, int64_t now_us) {
        TokenClaims claims;

        return auth_token_cache_find(cache, &hash, now_us, &claims);
}

TEST(finds_what_was_added_until_it_expires) {
        TokenCache *cache = auth_token_cache_new();
        TokenHash hash = hash_of(7, 1);
        TokenClaims claims;

        add(cache, hash, 1000);
        ck_assert(auth_token_cache_find(cache, &hash, 999, &claims));
        ck_assert_str_eq(claims.subject, "CUST-1");
        ck_assert_uint_eq(claims.roles, 1);
        ck_assert(!finds(cache, hash, 1000));
        ck_assert(!finds(cache, hash_of(7, 2), 999));
        auth_token_cache_free(cache);
}

TEST(is_bounded_and_forgets_the_one_that_expires_first) {
        TokenCache *cache = auth_token_cache_new();

        for (uint32_t tag = 0; tag < 17; tag++)
                add(cache, hash_of(3, tag), 1000 + tag);
        ck_assert(!finds(cache, hash_of(3, 0), 0));
        for (uint32_t tag = 1; tag < 17; tag++)
                ck_assert(finds(cache, hash_of(3, tag), 0));
        auth_token_cache_free(cache);
}

TEST(keeps_one_entry_for_a_token_that_is_added_twice) {
        TokenCache *cache = auth_token_cache_new();

        for (uint32_t tag = 0; tag < 16; tag++)
                add(cache, hash_of(3, tag), 1000);
        add(cache, hash_of(3, 5), 2000);
        for (uint32_t tag = 0; tag < 16; tag++)
                ck_assert(finds(cache, hash_of(3, tag), 0));
        ck_assert(finds(cache, hash_of(3, 5), 1500));
        auth_token_cache_free(cache);
}

int main(void) {
        Suite *suite = suite_create("token cache");
        TCase *tests = tcase_create("token cache");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
