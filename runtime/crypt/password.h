/*
 * Passwords as argon2id (19 MiB, two passes; 26 ms of a processor each). So few are computed at once, few
 * wait for their turn, and whoever comes beyond these is refused at once: a crowd of logins takes neither the
 * memory nor the workers of everybody else. libsodium stops here.
 */
#pragma once

#include <stdbool.h>

#include "base/ctx.h"

#define PASSWORD_MEMORY_BYTES (19456 * 1024)
#define PASSWORD_PASSES 2

/* When to come again after a refusal. */
#define PASSWORD_RETRY_AFTER_MS 1000

typedef struct Passwords Passwords;

typedef struct PasswordLimits {
        size_t n_at_once; /* 0: nobody's turn ever comes */
        size_t n_waiting; /* each holds the thread that it came on; more are refused */
} PasswordLimits;

/* Lives in arena. */
Passwords *crypt_passwords_new(Arena *arena, const PasswordLimits *limits);

/*
 * Hashes a new password. Thread-safe.
 *
 * ret_hash   in ctx->arena, with its parameters and salt ("$argon2id$v=19$m=19456,...")
 * errors     OVERLOADED with the time to come again; UNAVAILABLE without memory; DEADLINE_EXCEEDED, CANCELLED
 */
const Error *crypt_password_hash(Passwords *passwords, Ctx *ctx, const char *password,
                                 const char **ret_hash) MUST_CHECK;

/*
 * Says whether a hash is the password's. Takes the same time without a hash, for a name that nobody has: it
 * is compared with one that nothing fits. Thread-safe.
 *
 * hash       NULL: there is none
 * errors     those of crypt_password_hash: that there is no memory is no wrong password; internal when the
 *            text is no hash
 */
const Error *crypt_password_verify(Passwords *passwords, Ctx *ctx, const char *hash, const char *password,
                                   bool *ret_is_right) MUST_CHECK;
