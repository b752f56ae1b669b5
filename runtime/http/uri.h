/* Request targets: percent-decoding and query strings, strict about what they mean. */
#pragma once

#include "http/server.h"

typedef enum UriPart {
        URI_PATH,  /* an encoded '/' has no meaning that all agree on */
        URI_QUERY, /* '+' is a blank */
} UriPart;

/*
 * Decodes %XX; lives in arena.
 *
 * Returns NULL when a % lacks its two hex digits, when the result is not UTF-8 or holds a NUL, or on "%2F" in
 * a path.
 */
const char *http_uri_decode(Arena *arena, const char *text, size_t n_bytes, UriPart part);

/* True when the path decodes, and none of its segments is "." or "..", however written. */
bool http_uri_is_path(Arena *arena, const char *path);

/*
 * Splits and decodes "a=1&b=2"; a name without '=' has the value "".
 *
 * ret_pairs    in arena, in the order of the text
 *
 * Returns false when a name or value cannot be decoded, a name is empty, or there are over HTTP_MAX_QUERY.
 */
bool http_uri_parse_query(Arena *arena, const char *query, const HttpPair **ret_pairs, size_t *ret_n)
        __attribute__((warn_unused_result));
