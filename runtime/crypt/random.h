/* Randomness for secrets. */
#pragma once

#include <stddef.h>

#include "base/arena.h"

void crypt_random(void *ret_bytes, size_t n_bytes);

/* A text that nobody guesses: 32 random bytes in base64url; lives in arena. */
#define CRYPT_RANDOM_TEXT_BYTES 32
const char *crypt_random_text(Arena *arena);
