/* Request targets: percent-decoding and query strings, strict about what they mean. */
#pragma once

#include "http/server.h"

typedef enum UriPart {
        URI_PATH,
        URI_QUERY, /* '+' is a blank */
} UriPart;

/*
 * Decodes %XX; lives in arena.
 *
 * Returns NULL when a % lacks its two hex digits, or when the result is not UTF-8 or holds a NUL.
 */
const char *uri_decode(Arena *arena, const char *text, size_t n_bytes, UriPart part);

/*
 * Splits and decodes "a=1&b=2"; a name without '=' has the value "".
 *
 * ret_pairs    in arena, in the order of the text
 *
 * Returns false when a name or value cannot be decoded, or a name is empty.
 */
bool uri_parse_query(Arena *arena, const char *query, const HttpPair **ret_pairs, size_t *ret_n)
        __attribute__((warn_unused_result));
