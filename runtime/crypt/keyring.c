#include "crypt/keyring.h"

#include <sodium.h>
#include <string.h>

#include "base/secret.h"
#include "crypt/random.h"
#include "crypt/sodium_private.h"

#define KEY_DIGITS (2 * CRYPT_KEY_BYTES)
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define ID_BYTES 4
#define MAX_ID INT64_C(0xFFFFFFFF)

/* A sealed field: version, number of the key (big-endian), nonce, what is sealed and its tag. */
#define VERSION 1
#define HEAD_BYTES (1 + ID_BYTES + NONCE_BYTES)

_Static_assert(CRYPT_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "a key seals");
_Static_assert(CRYPT_KEY_BYTES >= crypto_generichash_KEYBYTES_MIN, "a key hashes");

typedef struct RingKey {
        uint32_t id;
        uint8_t bytes[CRYPT_KEY_BYTES];
} RingKey;

struct Keyring {
        bool has_hash;
        RingKey hash;
        RingKey seals[CRYPT_KEYS_MAX]; /* the first one seals */
        size_t n_seals;
};

/* ---- key files ---- */

static bool read_id(const char *text, uint32_t *ret_id) {
        int64_t number;

        if (!text || !str_parse_int64(text, &number) || number < 1 || number > MAX_ID)
                return false;
        *ret_id = (uint32_t) number;
        return true;
}

static bool read_digits(const char *text, uint8_t ret_bytes[CRYPT_KEY_BYTES]) {
        size_t n_bytes;

        return text && strlen(text) == KEY_DIGITS &&
               sodium_hex2bin(ret_bytes, CRYPT_KEY_BYTES, text, KEY_DIGITS, NULL, &n_bytes, NULL) == 0 &&
               n_bytes == CRYPT_KEY_BYTES;
}

static const RingKey *find_seal(const Keyring *ring, uint32_t id) {
        for (size_t i = 0; i < ring->n_seals; i++)
                if (ring->seals[i].id == id)
                        return &ring->seals[i];
        return NULL;
}

/* What is wrong with one more key; NULL: nothing. */
static const char *add_key(Keyring *ring, const char *purpose, const RingKey *key) {
        if (str_equal(purpose, "hash")) {
                if (ring->has_hash)
                        return "is a second key for hashes";
                ring->hash = *key;
                ring->has_hash = true;
                return NULL;
        }
        if (!str_equal(purpose, "seal"))
                return "says neither 'hash' nor 'seal'";
        if (find_seal(ring, key->id))
                return "has a number that another one has";
        if (ring->n_seals == CRYPT_KEYS_MAX)
                return "is one key too many";
        ring->seals[ring->n_seals++] = *key;
        return NULL;
}

static const char *read_line(Keyring *ring, char *line) {
        char *rest;
        const char *purpose = strtok_r(line, " \t\r", &rest);
        const char *id = strtok_r(NULL, " \t\r", &rest);
        const char *digits = strtok_r(NULL, " \t\r", &rest);
        RingKey key;

        if (!purpose || !read_id(id, &key.id) || !read_digits(digits, key.bytes) ||
            strtok_r(NULL, " \t\r", &rest))
                return "is not a word, a number and 64 hex digits";
        return add_key(ring, purpose, &key);
}

/* What a line holds is never told. */
static const Error *read_lines(Arena *arena, Keyring *ring, const char *path, char *text) {
        char *rest = text;

        for (int number = 1; rest; number++) {
                const char *problem = read_line(ring, strsep(&rest, "\n"));

                if (problem)
                        return error_internal(arena, NULL, "Line %d of %s %s", number, path, problem);
        }
        if (!ring->has_hash || ring->n_seals == 0)
                return error_internal(arena, NULL, "%s needs a line 'hash' and a line 'seal'", path);
        return NULL;
}

const Error *crypt_keyring_read(Arena *arena, const char *path, Keyring **ret_ring) {
        Keyring *ring = ARENA_NEW(arena, Keyring);
        const char *text;

        crypt_sodium_init();
        TRY(secret_file_read(arena, path, &text));
        TRY(read_lines(arena, ring, path, arena_strdup(arena, text)));
        *ret_ring = ring;
        return NULL;
}

static const char *random_digits(Arena *arena) {
        uint8_t bytes[CRYPT_KEY_BYTES];
        char *digits = arena_alloc(arena, KEY_DIGITS + 1);

        crypt_random(bytes, sizeof(bytes));
        return sodium_bin2hex(digits, KEY_DIGITS + 1, bytes, sizeof(bytes));
}

const char *crypt_keyring_make(Arena *arena) {
        return arena_printf(arena, "hash 1 %s\nseal 1 %s\n", random_digits(arena), random_digits(arena));
}

/* ---- hashes ---- */

Bytes crypt_keyed_hash(const Keyring *ring, Arena *arena, const char *of, const char *text) {
        uint8_t *hash = arena_alloc(arena, CRYPT_HASH_BYTES);
        crypto_generichash_state state;

        crypto_generichash_init(&state, ring->hash.bytes, sizeof(ring->hash.bytes), CRYPT_HASH_BYTES);
        crypto_generichash_update(&state, (const uint8_t *) of, strlen(of) + 1);
        crypto_generichash_update(&state, (const uint8_t *) text, strlen(text));
        crypto_generichash_final(&state, hash, CRYPT_HASH_BYTES);
        return (Bytes) { hash, CRYPT_HASH_BYTES };
}

/* ---- sealed fields ---- */

/* Each part with its end, so that no two places are written alike. */
static Bytes write_place(Arena *arena, const SealedPlace *place) {
        StrBuf text = { .arena = arena };

        strbuf_add_bytes(&text, place->table, strlen(place->table) + 1);
        strbuf_add_bytes(&text, place->column, strlen(place->column) + 1);
        strbuf_add_bytes(&text, place->row, strlen(place->row) + 1);
        return (Bytes) { (const uint8_t *) text.text, text.n_bytes };
}

static void write_id(uint8_t *at, uint32_t id) {
        for (int i = 0; i < ID_BYTES; i++)
                at[i] = (uint8_t) (id >> (8 * (ID_BYTES - 1 - i)));
}

static uint32_t id_at(const uint8_t *at) {
        uint32_t id = 0;

        for (int i = 0; i < ID_BYTES; i++)
                id = id << 8 | at[i];
        return id;
}

Bytes crypt_seal(const Keyring *ring, Arena *arena, const SealedPlace *place, const char *text) {
        const RingKey *key = &ring->seals[0];
        const Bytes bound = write_place(arena, place);
        size_t n_text = text ? strlen(text) : 0;
        unsigned long long n_sealed;

        if (!text)
                return (Bytes) { 0 };
        uint8_t *sealed = arena_alloc(arena, HEAD_BYTES + n_text + TAG_BYTES);
        uint8_t *nonce = sealed + 1 + ID_BYTES;
        sealed[0] = VERSION;
        write_id(sealed + 1, key->id);
        crypt_random(nonce, NONCE_BYTES);
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + HEAD_BYTES, &n_sealed, (const uint8_t *) text,
                                                   n_text, bound.data, bound.n_bytes, NULL, nonce,
                                                   key->bytes);
        return (Bytes) { sealed, HEAD_BYTES + (size_t) n_sealed };
}

static const Error *broken(Arena *arena, const SealedPlace *place, const char *problem) {
        return error_internal(arena, NULL, "%s.%s of %s %s", place->table, place->column, place->row,
                              problem);
}

const Error *crypt_open(const Keyring *ring, Arena *arena, const SealedPlace *place, Bytes sealed,
                        const char **ret_text) {
        const Bytes bound = write_place(arena, place);
        unsigned long long n_text;

        if (sealed.n_bytes == 0) {
                *ret_text = NULL;
                return NULL;
        }
        if (sealed.n_bytes < HEAD_BYTES + TAG_BYTES || sealed.data[0] != VERSION)
                return broken(arena, place, "is not sealed as this version seals");
        const RingKey *key = find_seal(ring, id_at(sealed.data + 1));
        if (!key)
                return broken(arena, place, "is sealed with a key that is not in the key file");
        size_t n_sealed = sealed.n_bytes - HEAD_BYTES;
        char *text = arena_alloc(arena, n_sealed - TAG_BYTES + 1);
        if (crypto_aead_xchacha20poly1305_ietf_decrypt((uint8_t *) text, &n_text, NULL,
                                                       sealed.data + HEAD_BYTES, n_sealed, bound.data,
                                                       bound.n_bytes, sealed.data + 1 + ID_BYTES,
                                                       key->bytes) != 0)
                return broken(arena, place, "does not open: it was changed, or sealed for another place");
        *ret_text = text;
        return NULL;
}
