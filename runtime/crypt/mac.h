/*
 * Signatures of texts that come back to those who gave them out, as in links: HMAC-SHA-256 under keys of a
 * file, one a line. The first key signs; a signature of any of them holds, so that a new key is put in front
 * of the old one, which goes when nothing that it signed may hold any more.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

#define MAC_KEYS_MAX 8
#define MAC_KEY_MIN_BYTES 32
#define MAC_KEY_MAX_BYTES 1024
#define MAC_CHARACTERS 43 /* 32 bytes in base64url */

typedef struct MacKeys MacKeys;

/*
 * Reads the keys; they live in arena. Thread-safe from then on.
 *
 * errors     internal ones: those of secret_file_read; a key that is too short or too long, too many keys
 */
const Error *crypt_mac_keys_read(Arena *arena, const char *path, MacKeys **ret_keys) MUST_CHECK;

/* MAC_CHARACTERS letters that stand in a URL as they are; in arena. */
const char *crypt_mac_sign(const MacKeys *keys, Arena *arena, const char *text)
        __attribute__((returns_nonnull));

/* True when one of the keys has signed the text; how long it takes does not tell where they differ. */
bool crypt_mac_holds(const MacKeys *keys, Arena *arena, const char *text, const char *signature);
