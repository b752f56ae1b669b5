#include "crypt/mac.h"

#include <sodium.h>
#include <string.h>

#include "base/base64.h"
#include "base/secret.h"
#include "crypt/sodium_private.h"

typedef struct MacKey {
        const char *text;
        size_t n_bytes;
} MacKey;

struct MacKeys {
        MacKey keys[MAC_KEYS_MAX];
        size_t n;
};

static const Error *add_key(Arena *arena, const char *path, char *line, MacKeys *keys) {
        size_t n_bytes = strlen(line);

        if (n_bytes < MAC_KEY_MIN_BYTES || n_bytes > MAC_KEY_MAX_BYTES)
                return error_internal(arena, NULL, "Key %zu of %s must have %d to %d bytes", keys->n + 1,
                                      path, MAC_KEY_MIN_BYTES, MAC_KEY_MAX_BYTES);
        if (keys->n == MAC_KEYS_MAX)
                return error_internal(arena, NULL, "%s has more than %d keys", path, MAC_KEYS_MAX);
        keys->keys[keys->n++] = (MacKey) { .text = line, .n_bytes = n_bytes };
        return NULL;
}

const Error *crypt_mac_keys_read(Arena *arena, const char *path, MacKeys **ret_keys) {
        MacKeys *keys = ARENA_NEW(arena, MacKeys);
        const char *text;
        char *line, *rest;

        crypt_sodium_init();
        TRY(secret_file_read(arena, path, &text));
        rest = arena_strdup(arena, text);
        while ((line = strsep(&rest, "\n")))
                TRY(add_key(arena, path, line, keys));
        *ret_keys = keys;
        return NULL;
}

static const char *sign_with(const MacKey *key, Arena *arena, const char *text) {
        uint8_t mac[crypto_auth_hmacsha256_BYTES];
        StrBuf letters = { .arena = arena };
        crypto_auth_hmacsha256_state state;

        crypto_auth_hmacsha256_init(&state, (const uint8_t *) key->text, key->n_bytes);
        crypto_auth_hmacsha256_update(&state, (const uint8_t *) text, strlen(text));
        crypto_auth_hmacsha256_final(&state, mac);
        base64url_add(&letters, (Bytes) { mac, sizeof(mac) });
        return strbuf_text(&letters);
}

const char *crypt_mac_sign(const MacKeys *keys, Arena *arena, const char *text) {
        return sign_with(&keys->keys[0], arena, text);
}

bool crypt_mac_holds(const MacKeys *keys, Arena *arena, const char *text, const char *signature) {
        bool holds = false;

        if (strlen(signature) != MAC_CHARACTERS)
                return false;
        for (size_t i = 0; i < keys->n; i++)
                holds |= sodium_memcmp(sign_with(&keys->keys[i], arena, text), signature,
                                       MAC_CHARACTERS) == 0;
        return holds;
}
