#include "proto/cursor.h"

#include <string.h>

#include "base/base64.h"

const char *proto_cursor_write(Arena *arena, int64_t time_us, const char *id) {
        const char *plain = arena_printf(arena, "%lld:%s", (long long) time_us, id);
        StrBuf text = { .arena = arena };

        base64url_add(&text, (Bytes) { (const uint8_t *) plain, strlen(plain) });
        return strbuf_text(&text);
}

/* NULL for what is not base64url of a text. */
static char *read_plain(Arena *arena, const char *cursor) {
        Bytes bytes;

        if (!base64url_read(arena, cursor, strlen(cursor), &bytes) ||
            !str_is_utf8((const char *) bytes.data, bytes.n_bytes))
                return NULL;
        return arena_strndup(arena, (const char *) bytes.data, bytes.n_bytes);
}

const Error *proto_cursor_read(Arena *arena, const char *cursor, int64_t *ret_time_us, const char **ret_id) {
        char *plain = read_plain(arena, cursor);
        char *colon = plain ? strchr(plain, ':') : NULL;
        int64_t time_us;

        if (colon)
                *colon = '\0';
        if (!colon || !str_parse_int64(plain, &time_us) || time_us < 0)
                return error_invalid(arena, "cursor", "must be the nextCursor of the page before");
        *ret_time_us = time_us;
        *ret_id = colon + 1;
        return NULL;
}
