#include "data/netstring.h"

#include <string.h>

#include "base/str.h"

/* Takes one text off the rest; false when there is none that is whole. */
static bool next_item(Arena *arena, const char **rest, const char **ret_item) {
        const char *colon = strchr(*rest, ':');
        int64_t n_bytes;

        if (!colon || !str_parse_int64(arena_strndup(arena, *rest, (size_t) (colon - *rest)), &n_bytes))
                return false;
        if (n_bytes < 0 || strlen(colon + 1) < (size_t) n_bytes)
                return false;
        *ret_item = arena_strndup(arena, colon + 1, (size_t) n_bytes);
        *rest = colon + 1 + n_bytes;
        return true;
}

/* There are no more texts than colons. */
static size_t count_colons(const char *text) {
        size_t n = 0;

        for (; *text; text++)
                n += *text == ':';
        return n;
}

const Error *catalog_netstrings_read(Arena *arena, const char *text, const char *const **ret_items,
                                     size_t *ret_n) {
        const char **items = ARENA_ARRAY(arena, const char *, count_colons(text));
        const char *rest = text;
        size_t n = 0;

        while (*rest)
                if (!next_item(arena, &rest, &items[n++]))
                        return error_internal(arena, NULL, "A list of texts is broken at \"%s\"", rest);
        *ret_items = items;
        *ret_n = n;
        return NULL;
}
