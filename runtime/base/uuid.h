/* Ids: UUIDs for events, sortable ids for what people read ("ORD-..."), and trace ids. */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* A version 7 UUID in text form: sortable by time, 74 random bits; lives in arena. */
const char *uuid_new(Arena *arena);

/* prefix followed by 26 Crockford base 32 digits, sortable by time ("ORD-01J..."); lives in arena. */
const char *uuid_sortable(Arena *arena, const char *prefix);

/* n_digits lower-case hex digits of randomness, terminated; ret_text has n_digits + 1 bytes. */
void uuid_random_hex(char *ret_text, int n_digits);
