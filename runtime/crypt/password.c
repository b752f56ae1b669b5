#include "crypt/password.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/monitor.h"
#include "base/str.h"
#include "crypt/random.h"

#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define KEY_BYTES 32
#define BASE64 sodium_base64_VARIANT_ORIGINAL_NO_PADDING
#define PREFIX "$argon2id$v=19$m=19456,t=2,p=1$"

_Static_assert(PASSWORD_MEMORY_BYTES == 19456 * 1024 && PASSWORD_PASSES == 2, "the prefix says so");

typedef struct PasswordHash {
        uint8_t salt[SALT_BYTES];
        uint8_t key[KEY_BYTES];
} PasswordHash;

struct Passwords {
        PasswordLimits limits;
        Monitor monitor;
        size_t n_running;
        size_t n_waiting;
        PasswordHash nobodys; /* random, so that nothing fits it */
};

/* ---- whose turn it is ---- */

static const Error *overloaded(Ctx *ctx) {
        Error *error = error_new(ctx->arena, ERROR_RESOURCE_EXHAUSTED, REASON_OVERLOADED,
                                 "Too many passwords are being checked; nothing was done");

        error->retry_after_ms = PASSWORD_RETRY_AFTER_MS;
        return error;
}

/* With the lock held. */
static const Error *wait_for_turn(Passwords *passwords, Ctx *ctx) {
        bool is_in_time = true;

        if (passwords->n_running < passwords->limits.n_at_once)
                return NULL;
        if (passwords->n_waiting >= passwords->limits.n_waiting)
                return overloaded(ctx);
        passwords->n_waiting++;
        while (is_in_time && passwords->n_running >= passwords->limits.n_at_once)
                is_in_time = monitor_wait(&passwords->monitor, ctx->deadline_us);
        passwords->n_waiting--;
        return passwords->n_running < passwords->limits.n_at_once ? NULL : ctx_check(ctx);
}

static const Error *enter(Passwords *passwords, Ctx *ctx) {
        TRY(ctx_check(ctx));
        monitor_lock(&passwords->monitor);
        const Error *error = wait_for_turn(passwords, ctx);
        if (!error)
                passwords->n_running++;
        monitor_unlock(&passwords->monitor);
        return error;
}

static void leave(Passwords *passwords) {
        monitor_lock(&passwords->monitor);
        passwords->n_running--;
        monitor_signal(&passwords->monitor);
        monitor_unlock(&passwords->monitor);
}

/* ---- hashes ---- */

/* libsodium's own comparison takes a lack of memory for a wrong password. */
static const Error *compute(Arena *arena, const char *password, const uint8_t salt[SALT_BYTES],
                            uint8_t ret_key[KEY_BYTES]) {
        errno = 0;
        if (crypto_pwhash(ret_key, KEY_BYTES, password, strlen(password), salt, PASSWORD_PASSES,
                          PASSWORD_MEMORY_BYTES, crypto_pwhash_ALG_ARGON2ID13) == 0)
                return NULL;
        return error_wrap(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                          error_internal(arena, NULL, "argon2id: %s", strerror(errno)),
                          "The password cannot be checked at this moment; nothing was done");
}

static const Error *compute_in_turn(Passwords *passwords, Ctx *ctx, const char *password,
                                    const uint8_t salt[SALT_BYTES], uint8_t ret_key[KEY_BYTES]) {
        TRY(enter(passwords, ctx));
        const Error *error = compute(ctx->arena, password, salt, ret_key);
        leave(passwords);
        return error;
}

static const char *base64(Arena *arena, const uint8_t *bytes, size_t n_bytes) {
        size_t size_bytes = sodium_base64_encoded_len(n_bytes, BASE64);

        return sodium_bin2base64(arena_alloc(arena, size_bytes), size_bytes, bytes, n_bytes, BASE64);
}

/* Reads n_bytes up to the text's end or a '$'; NULL when there are more, fewer, or others. */
static const char *read_base64(const char *text, uint8_t *ret_bytes, size_t n_bytes) {
        size_t n_read;
        const char *end;

        if (sodium_base642bin(ret_bytes, n_bytes, text, strcspn(text, "$"), NULL, &n_read, &end, BASE64) != 0)
                return NULL;
        return n_read == n_bytes ? end : NULL;
}

static bool read_hash(const char *text, PasswordHash *ret_hash) {
        const char *at = str_starts_with(text, PREFIX)
                                 ? read_base64(text + strlen(PREFIX), ret_hash->salt, SALT_BYTES)
                                 : NULL;

        at = at && *at == '$' ? read_base64(at + 1, ret_hash->key, KEY_BYTES) : NULL;
        return at && *at == '\0';
}

const Error *crypt_password_hash(Passwords *passwords, Ctx *ctx, const char *password,
                                 const char **ret_hash) {
        PasswordHash hash;

        crypt_random(hash.salt, SALT_BYTES);
        TRY(compute_in_turn(passwords, ctx, password, hash.salt, hash.key));
        *ret_hash = arena_printf(ctx->arena, PREFIX "%s$%s", base64(ctx->arena, hash.salt, SALT_BYTES),
                                 base64(ctx->arena, hash.key, KEY_BYTES));
        return NULL;
}

const Error *crypt_password_verify(Passwords *passwords, Ctx *ctx, const char *hash, const char *password,
                                   bool *ret_is_right) {
        PasswordHash compared = passwords->nobodys;
        uint8_t key[KEY_BYTES];

        if (hash && !read_hash(hash, &compared))
                return error_internal(ctx->arena, NULL, "A password's hash is none that this version makes");
        TRY(compute_in_turn(passwords, ctx, password, compared.salt, key));
        *ret_is_right = sodium_memcmp(key, compared.key, KEY_BYTES) == 0 && hash;
        return NULL;
}

static void destroy(void *passwords) {
        monitor_destroy(&((Passwords *) passwords)->monitor);
}

Passwords *crypt_passwords_new(Arena *arena, const PasswordLimits *limits) {
        Passwords *passwords = ARENA_NEW(arena, Passwords);

        passwords->limits = *limits;
        crypt_random(&passwords->nobodys, sizeof(passwords->nobodys));
        monitor_init(&passwords->monitor);
        arena_defer(arena, destroy, passwords);
        return passwords;
}
