#include "router/path_template.h"

#include <string.h>

#include "base/str.h"
#include "http/uri.h"

static size_t count_segments(const char *path) {
        size_t n = 0;

        for (; *path; path++)
                n += *path == '/';
        return n;
}

static bool is_literal(const char *text, size_t n_bytes) {
        for (size_t i = 0; i < n_bytes; i++)
                if (strchr("{}*:=", text[i]))
                        return false;
        return n_bytes > 0;
}

static bool parse_segment(Arena *arena, const char *text, size_t n_bytes, GatewaySegment *ret_segment) {
        bool is_variable = n_bytes > 2 && text[0] == '{' && text[n_bytes - 1] == '}';
        const char *name = is_variable ? text + 1 : text;
        size_t n_name = is_variable ? n_bytes - 2 : n_bytes;

        if (!is_literal(name, n_name))
                return false;
        const char *copy = arena_strndup(arena, name, n_name);
        *ret_segment =
                is_variable ? (GatewaySegment) { .variable = copy } : (GatewaySegment) { .literal = copy };
        return true;
}

static const Error *not_supported(Arena *arena, const char *text) {
        return error_internal(arena, NULL, "The HTTP rule's path %s is not supported", text);
}

const Error *gateway_template_parse(Arena *arena, const char *text, GatewayTemplate *ret_template) {
        GatewaySegment *segments = ARENA_ARRAY(arena, GatewaySegment, count_segments(text));
        const char *rest = text;
        size_t n = 0;

        while (*rest == '/') {
                size_t n_bytes = strcspn(++rest, "/");

                if (!parse_segment(arena, rest, n_bytes, &segments[n++]))
                        return not_supported(arena, text);
                rest += n_bytes;
        }
        if (n == 0)
                return not_supported(arena, text);
        *ret_template = (GatewayTemplate) { .segments = segments, .n_segments = n };
        return NULL;
}

bool gateway_path_split(Arena *arena, const char *path, GatewayPath *ret_path) {
        const char **segments = ARENA_ARRAY(arena, const char *, count_segments(path));
        size_t n = 0;

        while (*path == '/') {
                size_t n_bytes = strcspn(++path, "/");

                segments[n] = http_uri_decode(arena, path, n_bytes, URI_PATH);
                if (!segments[n++])
                        return false;
                path += n_bytes;
        }
        *ret_path = (GatewayPath) { .segments = segments, .n_segments = n };
        return true;
}

bool gateway_template_matches(const GatewayTemplate *wanted, const GatewayPath *path) {
        if (wanted->n_segments != path->n_segments)
                return false;
        for (size_t i = 0; i < path->n_segments; i++) {
                const char *literal = wanted->segments[i].literal;

                if (literal ? !str_equal(literal, path->segments[i]) : str_is_empty(path->segments[i]))
                        return false;
        }
        return true;
}

int gateway_template_compare(const GatewayTemplate *a, const GatewayTemplate *b) {
        if (a->n_segments != b->n_segments)
                return a->n_segments < b->n_segments ? -1 : 1;
        for (size_t i = 0; i < a->n_segments; i++) {
                const char *in_a = a->segments[i].literal, *in_b = b->segments[i].literal;

                if (!in_a != !in_b)
                        return in_a ? -1 : 1;
                if (in_a && !str_equal(in_a, in_b))
                        return strcmp(in_a, in_b);
        }
        return 0;
}
