/* FNV-1a, 64 bits: for places in tables of this process, never for what is stored or sent. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(14695981039346656037)

/* The hash of what was hashed before, and these bytes; the first begins with HASH_START, or a secret. */
static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t n_bytes) {
        const unsigned char *byte = (const unsigned char *) bytes;

        for (size_t i = 0; i < n_bytes; i++)
                hash = (hash ^ byte[i]) * UINT64_C(1099511628211);
        return hash;
}
