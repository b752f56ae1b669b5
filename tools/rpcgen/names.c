#include "names.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"

typedef void AddPart(StrBuf *buf, const char *part, size_t n_bytes);

static void add_camel(StrBuf *buf, const char *part, size_t n_bytes) {
        bool starts_word = true;

        for (size_t i = 0; i < n_bytes; i++) {
                if (part[i] != '_')
                        strbuf_add_char(buf, starts_word ? (char) toupper(part[i]) : part[i]);
                starts_word = part[i] == '_';
        }
}

/* Splits words as protobuf-c does: before an upper case letter that follows another kind of character. */
static void add_snake(StrBuf *buf, const char *part, size_t n_bytes) {
        bool was_upper = true;

        for (size_t i = 0; i < n_bytes; i++) {
                bool is_upper = isupper(part[i]);

                if (is_upper && !was_upper)
                        strbuf_add_char(buf, '_');
                strbuf_add_char(buf, (char) tolower(part[i]));
                was_upper = is_upper;
        }
}

static const char *join_parts(Arena *arena, const char *full_name, const char *separator, AddPart *add_part) {
        StrBuf buf = { .arena = arena };
        const char *part = full_name + (*full_name == '.');

        for (;;) {
                size_t n_bytes = strcspn(part, ".");

                add_part(&buf, part, n_bytes);
                if (part[n_bytes] == '\0')
                        return strbuf_text(&buf);
                strbuf_add(&buf, separator);
                part += n_bytes + 1;
        }
}

const char *name_type(Arena *arena, const char *full_name) {
        return join_parts(arena, full_name, "", add_camel);
}

const char *name_snake(Arena *arena, const char *full_name) {
        return join_parts(arena, full_name, "_", add_snake);
}

const char *name_pbc_type(Arena *arena, const char *full_name) {
        return join_parts(arena, full_name, "__", add_camel);
}

const char *name_pbc_snake(Arena *arena, const char *full_name) {
        return join_parts(arena, full_name, "__", add_snake);
}

const char *name_upper(Arena *arena, const char *name) {
        char *upper = arena_strdup(arena, name_snake(arena, name));

        for (char *c = upper; *c; c++)
                *c = (char) toupper(*c);
        return upper;
}

const char *name_output(Arena *arena, const char *path, const char *suffix) {
        const char *extension = strstr(path, ".proto");
        int n_bytes = extension ? (int) (extension - path) : (int) strlen(path);

        return arena_printf(arena, "%.*s%s", n_bytes, path, suffix);
}

const char *name_file(Arena *arena, const char *path) {
        char *name = arena_strdup(arena, name_output(arena, path, ""));

        for (char *c = name; *c; c++)
                if (!isalnum(*c))
                        *c = '_';
        return name;
}

const char *name_join(Arena *arena, const char *package, const char *name) {
        return *package ? arena_printf(arena, "%s.%s", package, name) : name;
}
