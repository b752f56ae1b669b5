#include "server/source_list.h"

#include <string.h>

#include "base/str.h"

static size_t count_parts(const char *text) {
        size_t n = 1;

        for (; *text; text++)
                n += *text == ';';
        return n;
}

static bool has_name(const SourceSpec *specs, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (str_equal(specs[i].name, name))
                        return true;
        return false;
}

/* A DSN has '=' of its own: the name ends at the first. */
static const Error *read_part(Arena *arena, char *part, size_t number, SourceSpec *ret_spec) {
        char *end = strchr(part, '=');

        if (!end || end == part || end[1] == '\0')
                return error_internal(arena, NULL, "Source %zu should be name=dsn", number);
        *end = '\0';
        *ret_spec = (SourceSpec) { .name = part, .dsn = end + 1 };
        return NULL;
}

const Error *relay_source_list_read(Arena *arena, const char *text, SourceSpec **ret_specs, size_t *ret_n) {
        SourceSpec *specs = ARENA_ARRAY(arena, SourceSpec, count_parts(text));
        char *copy = arena_strdup(arena, text);
        size_t n = 0;
        char *rest;

        for (char *part = strtok_r(copy, ";", &rest); part; part = strtok_r(NULL, ";", &rest)) {
                SourceSpec spec;

                TRY(read_part(arena, part, n + 1, &spec));
                if (has_name(specs, n, spec.name))
                        return error_internal(arena, NULL, "Source %s is named twice", spec.name);
                specs[n++] = spec;
        }
        if (n == 0)
                return error_internal(arena, NULL, "There is no source");
        *ret_specs = specs;
        *ret_n = n;
        return NULL;
}
