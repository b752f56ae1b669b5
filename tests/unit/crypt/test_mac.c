#include "crypt/mac.h"

#include <string.h>

#include "base/str.h"
#include "support.h"

#define KEY_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define KEY_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const Error *read_keys(const char *text, MacKeys **ret_keys) {
        return crypt_mac_keys_read(test_ctx()->arena, test_secret_file("keys", text), ret_keys);
}

static MacKeys *keys_of(const char *text) {
        MacKeys *keys;

        ck_assert_ok(read_keys(text, &keys));
        return keys;
}

static bool holds(const char *keys, const char *text, const char *signature) {
        return crypt_mac_holds(keys_of(keys), test_ctx()->arena, text, signature);
}

/* Case 6 of RFC 4231: a key that is longer than a block. */
TEST(a_signature_is_the_hmac_of_rfc_4231) {
        char key[132] = "";

        memset(key, '\xaa', 131);
        ck_assert_str_eq(crypt_mac_sign(keys_of(key), test_ctx()->arena,
                                       "Test Using Larger Than Block-Size Key - Hash Key First"),
                         "YOQxWR7gtn8Niiaqy_W3f44LxiE3KMUUBUYEDw7jf1Q");
}

TEST(a_signature_is_for_its_text_alone) {
        const char *signature = crypt_mac_sign(keys_of(KEY_A), test_ctx()->arena, "text");

        ck_assert_uint_eq(strlen(signature), MAC_CHARACTERS);
        ck_assert(holds(KEY_A, "text", signature));
        ck_assert(!holds(KEY_A, "texT", signature));
        ck_assert(!holds(KEY_A, "text ", signature));
        ck_assert(!holds(KEY_B, "text", signature));
        ck_assert(!holds(KEY_A, "text", ""));
        ck_assert(!holds(KEY_A, "text", arena_printf(test_ctx()->arena, "%s=", signature)));
}

TEST(every_letter_of_a_signature_counts) {
        char *signature = arena_strdup(test_ctx()->arena,
                                       crypt_mac_sign(keys_of(KEY_A), test_ctx()->arena, "text"));

        for (size_t i = 0; i < MAC_CHARACTERS; i++) {
                char letter = signature[i];

                signature[i] = letter == 'A' ? 'B' : 'A';
                ck_assert(!holds(KEY_A, "text", signature));
                signature[i] = letter;
        }
        ck_assert(holds(KEY_A, "text", signature));
}

TEST(what_an_old_key_signed_holds_while_it_stands_behind_the_new_one) {
        const char *old = crypt_mac_sign(keys_of(KEY_A "\n"), test_ctx()->arena, "text");

        ck_assert(holds(KEY_B "\n" KEY_A, "text", old));
        ck_assert_str_ne(crypt_mac_sign(keys_of(KEY_B "\n" KEY_A), test_ctx()->arena, "text"), old);
        ck_assert(!holds(KEY_B, "text", old));
}

static const char *letters(size_t n) {
        char *text = arena_alloc(test_ctx()->arena, n + 1);

        memset(text, 'k', n);
        return text;
}

TEST(keys_have_32_to_1024_bytes) {
        MacKeys *keys;

        ck_assert_ok(read_keys(letters(MAC_KEY_MIN_BYTES), &keys));
        ck_assert_ok(read_keys(letters(MAC_KEY_MAX_BYTES), &keys));
        ck_assert_ptr_nonnull(read_keys(letters(MAC_KEY_MIN_BYTES - 1), &keys));
        ck_assert_ptr_nonnull(read_keys(letters(MAC_KEY_MAX_BYTES + 1), &keys));
        ck_assert_ptr_nonnull(read_keys("", &keys));
        ck_assert_ptr_nonnull(read_keys(KEY_A "\n\n" KEY_B, &keys));
}

TEST(there_are_8_keys_at_most) {
        StrBuf text = { .arena = test_ctx()->arena };
        MacKeys *keys;

        for (int i = 0; i < MAC_KEYS_MAX; i++)
                strbuf_add(&text, KEY_A "\n");
        ck_assert_ok(read_keys(strbuf_text(&text), &keys));
        strbuf_add(&text, KEY_A "\n");
        ck_assert_ptr_nonnull(read_keys(strbuf_text(&text), &keys));
}

int main(void) {
        Suite *suite = suite_create("crypt/mac");
        TCase *tests = tcase_create("mac");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
