/*
 * The keys of a service for what its database must not tell: fields that are sealed, and hashes by which
 * sealed ones are found again. libsodium stops here.
 *
 * A key file has one key per line, made by crypt_keyring_make:
 *
 *         hash 1 <64 hex digits>       of the hashes; there is one, and for good
 *         seal 2 <64 hex digits>       the first of these seals what is written from now on
 *         seal 1 <64 hex digits>       all of them open what was sealed with them
 *
 * A sealed field names its key by that number, so a key is changed by a new first line, in all processes
 * before any writes with it; the old one goes when nothing is sealed with it any more.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define CRYPT_KEYS_MAX 16
#define CRYPT_KEY_BYTES 32
#define CRYPT_HASH_BYTES 32

typedef struct Keyring Keyring;

/*
 * Lives in arena.
 *
 * errors     those of secret_file_read; internal: a line that is no key, a number that comes twice, not one
 *            key for hashes, none to seal with, more than CRYPT_KEYS_MAX
 */
const Error *crypt_keyring_read(Arena *arena, const char *path, Keyring **ret_ring) MUST_CHECK;

/* The text of a new key file, in arena. */
const char *crypt_keyring_make(Arena *arena);

/*
 * The keyed hash of a text, CRYPT_HASH_BYTES in arena; what it is of ("accounts.email") keeps equal texts of
 * two kinds apart.
 */
Bytes crypt_keyed_hash(const Keyring *ring, Arena *arena, const char *of, const char *text);

/* Where a sealed field stands: moved to another place, it does not open. */
typedef struct SealedPlace {
        const char *table;
        const char *column;
        const char *row; /* its key, which never changes */
} SealedPlace;

/* In arena; no bytes for NULL, which stays NULL in a database. */
Bytes crypt_seal(const Keyring *ring, Arena *arena, const SealedPlace *place, const char *text);

/*
 * ret_text   in arena; NULL for no bytes
 * errors     internal: sealed with a key that is not there, or not what was sealed for this place
 */
const Error *crypt_open(const Keyring *ring, Arena *arena, const SealedPlace *place, Bytes sealed,
                        const char **ret_text) MUST_CHECK;
