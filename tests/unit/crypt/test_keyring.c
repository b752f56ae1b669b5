#include "crypt/keyring.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

#define DIGITS "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define OTHER_DIGITS "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static const SealedPlace place = { "customers", "name", "CUST-1" };

static Arena *arena(void) {
        return test_ctx()->arena;
}

static const Error *read_ring(const char *text, Keyring **ret_ring) {
        return crypt_keyring_read(arena(), test_secret_file("keys", text), ret_ring);
}

static Keyring *ring_of(const char *text) {
        Keyring *ring;

        ck_assert_ok(read_ring(text, &ring));
        return ring;
}

static const char *opened(const Keyring *ring, const SealedPlace *at, Bytes sealed) {
        const char *text;

        ck_assert_ok(crypt_open(ring, arena(), at, sealed, &text));
        return text;
}

static const Error *open_fails(const Keyring *ring, const SealedPlace *at, Bytes sealed) {
        const char *text;
        const Error *error = crypt_open(ring, arena(), at, sealed, &text);

        ck_assert(error && !error->reason);
        return error;
}

TEST(what_is_sealed_opens_in_its_place) {
        Keyring *ring = ring_of(crypt_keyring_make(arena()));
        Bytes sealed = crypt_seal(ring, arena(), &place, "Alex Customer");

        ck_assert_str_eq(opened(ring, &place, sealed), "Alex Customer");
        ck_assert_ptr_null(memmem(sealed.data, sealed.n_bytes, "Alex", 4));
        ck_assert_str_eq(opened(ring, &place, crypt_seal(ring, arena(), &place, "")), "");
}

TEST(equal_texts_are_sealed_differently) {
        Keyring *ring = ring_of(crypt_keyring_make(arena()));
        Bytes a = crypt_seal(ring, arena(), &place, "same"), b = crypt_seal(ring, arena(), &place, "same");

        ck_assert(a.n_bytes == b.n_bytes && memcmp(a.data, b.data, a.n_bytes) != 0);
}

TEST(nothing_stays_nothing) {
        Keyring *ring = ring_of(crypt_keyring_make(arena()));

        ck_assert_uint_eq(crypt_seal(ring, arena(), &place, NULL).n_bytes, 0);
        ck_assert_ptr_null(opened(ring, &place, (Bytes) { 0 }));
}

TEST(it_opens_nowhere_else) {
        static const SealedPlace others[] = {
                { "accounts", "name", "CUST-1" },
                { "customers", "phone", "CUST-1" },
                { "customers", "name", "CUST-2" },
                { "customersn", "ame", "CUST-1" },
        };
        Keyring *ring = ring_of(crypt_keyring_make(arena()));
        Bytes sealed = crypt_seal(ring, arena(), &place, "Alex");

        for (size_t i = 0; i < ARRAY_SIZE(others); i++)
                open_fails(ring, &others[i], sealed);
}

TEST(a_changed_byte_is_noticed_wherever_it_is) {
        Keyring *ring = ring_of(crypt_keyring_make(arena()));
        Bytes sealed = crypt_seal(ring, arena(), &place, "Alex");

        for (size_t i = 0; i < sealed.n_bytes; i++) {
                uint8_t *changed = arena_memdup(arena(), sealed.data, sealed.n_bytes);

                changed[i] ^= 1;
                open_fails(ring, &place, (Bytes) { changed, sealed.n_bytes });
        }
        for (size_t n = 1; n < sealed.n_bytes; n++)
                open_fails(ring, &place, (Bytes) { sealed.data, n });
}

TEST(a_new_first_key_seals_and_the_old_one_still_opens) {
        Keyring *before = ring_of("hash 1 " DIGITS "\nseal 1 " DIGITS "\n");
        Keyring *after = ring_of("hash 1 " DIGITS "\nseal 2 " OTHER_DIGITS "\nseal 1 " DIGITS "\n");
        Keyring *later = ring_of("hash 1 " DIGITS "\nseal 2 " OTHER_DIGITS "\n");
        Bytes old = crypt_seal(before, arena(), &place, "old");
        Bytes new = crypt_seal(after, arena(), &place, "new");

        ck_assert_str_eq(opened(after, &place, old), "old");
        ck_assert_str_eq(opened(later, &place, new), "new");
        const Error *error = open_fails(later, &place, old);
        ck_assert_ptr_nonnull(strstr(error->message, "sealed with a key that is not in the key file"));
        open_fails(before, &place, new);
}

static bool is_same(Bytes a, Bytes b) {
        return a.n_bytes == b.n_bytes && memcmp(a.data, b.data, a.n_bytes) == 0;
}

TEST(a_hash_depends_on_key_kind_and_text) {
        Keyring *ring = ring_of("hash 1 " DIGITS "\nseal 1 " DIGITS "\n");
        Keyring *other = ring_of("hash 1 " OTHER_DIGITS "\nseal 1 " DIGITS "\n");
        Bytes hash = crypt_keyed_hash(ring, arena(), "email", "a@b.c");

        ck_assert_uint_eq(hash.n_bytes, CRYPT_HASH_BYTES);
        ck_assert(is_same(hash, crypt_keyed_hash(ring, arena(), "email", "a@b.c")));
        ck_assert(!is_same(hash, crypt_keyed_hash(ring, arena(), "email", "a@b.d")));
        ck_assert(!is_same(hash, crypt_keyed_hash(ring, arena(), "emaila", "@b.c")));
        ck_assert(!is_same(hash, crypt_keyed_hash(other, arena(), "email", "a@b.c")));
}

TEST(a_key_file_that_is_not_one_is_refused_and_not_told) {
        static const struct {
                const char *text;
                const char *problem;
        } bad[] = {
                { "", "is empty" },
                { " \n\n", "is empty" },
                { "hash 1 " DIGITS "\n", "needs a line 'hash' and a line 'seal'" },
                { "seal 1 " DIGITS "\n", "needs a line 'hash' and a line 'seal'" },
                { "hash 1 " DIGITS "\nseal 1 0123\n", "Line 2 of" },
                { "hash 1 " DIGITS "\nseal 1 " DIGITS "0\n", "Line 2 of" },
                { "hash 1 " DIGITS "\nseal 1 g" DIGITS "\n", "Line 2 of" },
                { "hash 1 " DIGITS "\n\nseal 1 " DIGITS "\n", "Line 2 of" },
                { "hash 1 " DIGITS " x\nseal 1 " DIGITS "\n", "Line 1 of" },
                { "hash 0 " DIGITS "\nseal 1 " DIGITS "\n", "Line 1 of" },
                { "hash 1 " DIGITS "\nseal 4294967296 " DIGITS "\n", "Line 2 of" },
                { "hash 1 " DIGITS "\nhash 2 " DIGITS "\nseal 1 " DIGITS "\n", "is a second key for hashes" },
                { "hash 1 " DIGITS "\nseal 1 " DIGITS "\nseal 1 " OTHER_DIGITS "\n", "has a number" },
                { "hash 1 " DIGITS "\nsign 1 " DIGITS "\n", "says neither" },
        };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                Keyring *ring;
                const Error *error = read_ring(bad[i].text, &ring);

                ck_assert_msg(error && strstr(error->message, bad[i].problem), "%zu: %s", i,
                              error ? error->message : "read");
                ck_assert_msg(!strstr(error->message, "012345"), "%s", error->message);
        }
}

static const char *lines_of(size_t n_seals) {
        StrBuf text = { .arena = arena() };

        strbuf_add(&text, "hash 1 " DIGITS "\n");
        for (size_t i = 1; i <= n_seals; i++)
                strbuf_addf(&text, "seal %zu %s\n", i, DIGITS);
        return strbuf_text(&text);
}

TEST(a_key_file_has_so_many_keys_at_most) {
        Keyring *ring = ring_of(lines_of(CRYPT_KEYS_MAX));

        ck_assert_str_eq(opened(ring, &place, crypt_seal(ring, arena(), &place, "Alex")), "Alex");
        const Error *error = read_ring(lines_of(CRYPT_KEYS_MAX + 1), &ring);
        ck_assert(error && strstr(error->message, "is one key too many"));
}

int main(void) {
        Suite *suite = suite_create("crypt/keyring");
        TCase *tests = tcase_create("keyring");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
