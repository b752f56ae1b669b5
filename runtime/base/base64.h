/* Base64 (RFC 4648) in its one spelling: bits that no byte needs are zero. */
#pragma once

#include "base/str.h"

/* The standard alphabet, padded (section 4): bytes in JSON. */
void base64_add(StrBuf *out, Bytes bytes);

/* Decodes a whole text into arena; false when it is not canonical base64. */
bool base64_read(Arena *arena, const char *text, size_t n_bytes, Bytes *ret_bytes)
        __attribute__((warn_unused_result));

/* The alphabet of URLs, without padding (section 5): tokens, and what stands in a URL. */
void base64url_add(StrBuf *out, Bytes bytes);
bool base64url_is(const char *text, size_t n_bytes);
bool base64url_read(Arena *arena, const char *text, size_t n_bytes, Bytes *ret_bytes)
        __attribute__((warn_unused_result));
