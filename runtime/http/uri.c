#include "http/uri.h"

#include <string.h>

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* The byte that "%XX" stands for; -1 when it is not one. */
static int escaped_byte(const char *text, size_t n_left) {
        if (n_left < 3)
                return -1;
        int high = hex_digit(text[1]), low = hex_digit(text[2]);
        return high < 0 || low < 0 ? -1 : high << 4 | low;
}

const char *http_uri_decode(Arena *arena, const char *text, size_t n_bytes, UriPart part) {
        char *decoded = arena_alloc(arena, n_bytes + 1);
        size_t n = 0;

        for (size_t i = 0; i < n_bytes; i++) {
                int byte = (unsigned char) text[i];

                if (byte == '%') {
                        byte = escaped_byte(text + i, n_bytes - i);
                        if (byte < 0 || (byte == '/' && part == URI_PATH))
                                return NULL;
                        i += 2;
                } else if (byte == '+' && part == URI_QUERY) {
                        byte = ' ';
                }
                decoded[n++] = (char) byte;
        }
        return str_is_utf8(decoded, n) ? decoded : NULL;
}

bool http_uri_is_path(Arena *arena, const char *path) {
        const char *segment = http_uri_decode(arena, path, strlen(path), URI_PATH);

        while (segment) {
                size_t n = strcspn(segment, "/");

                if ((n == 1 || n == 2) && strncmp(segment, "..", n) == 0)
                        return false;
                if (!segment[n])
                        return true;
                segment += n + 1;
        }
        return false;
}

static bool parse_pair(Arena *arena, const char *text, size_t n_bytes, HttpPair *ret_pair) {
        const char *equals = memchr(text, '=', n_bytes);
        size_t n_name = equals ? (size_t) (equals - text) : n_bytes;
        const char *name = http_uri_decode(arena, text, n_name, URI_QUERY);
        const char *value = equals ? http_uri_decode(arena, equals + 1, n_bytes - n_name - 1, URI_QUERY) : "";

        if (str_is_empty(name) || !value)
                return false;
        *ret_pair = (HttpPair) { .name = name, .value = value };
        return true;
}

/* The names and values that "a=1&&b" has, without the empty ones. */
static size_t count_pairs(const char *query) {
        size_t n = 0;

        while (*query) {
                size_t n_bytes = strcspn(query, "&");

                n += n_bytes > 0;
                query += n_bytes + (query[n_bytes] == '&');
        }
        return n;
}

bool http_uri_parse_query(Arena *arena, const char *query, const HttpPair **ret_pairs, size_t *ret_n) {
        size_t n_pairs = count_pairs(query), n = 0;

        if (n_pairs > HTTP_MAX_QUERY)
                return false;
        HttpPair *pairs = ARENA_ARRAY(arena, HttpPair, n_pairs);
        while (*query) {
                size_t n_bytes = strcspn(query, "&");

                if (n_bytes > 0 && !parse_pair(arena, query, n_bytes, &pairs[n++]))
                        return false;
                query += n_bytes + (query[n_bytes] == '&');
        }
        *ret_pairs = pairs;
        *ret_n = n;
        return true;
}
