#include "service/order_cursor.h"

#include <sodium.h>
#include <string.h>

#define VARIANT sodium_base64_VARIANT_URLSAFE_NO_PADDING

const char *order_cursor_write(Arena *arena, const Order *last) {
        const char *plain = arena_printf(arena, "%lld:%s", (long long) last->created_at_us, last->id);
        size_t n_bytes = sodium_base64_encoded_len(strlen(plain), VARIANT);

        return sodium_bin2base64(arena_alloc(arena, n_bytes), n_bytes, (const unsigned char *) plain, strlen(plain),
                                 VARIANT);
}

static bool read_position(Arena *arena, const char *cursor, OrderPosition *ret_position) {
        size_t n_bytes, size = strlen(cursor);
        char *plain = arena_alloc(arena, size + 1);

        if (sodium_base642bin((unsigned char *) plain, size, cursor, size, NULL, &n_bytes, NULL, VARIANT) != 0 ||
            !str_is_utf8(plain, n_bytes))
                return false;
        char *colon = strchr(plain, ':');
        if (!colon)
                return false;
        *colon = '\0';
        ret_position->order_id = colon + 1;
        return str_parse_int64(plain, &ret_position->created_at_us) && ret_position->created_at_us >= 0;
}

const Error *order_cursor_read(Ctx *ctx, const char *cursor, OrderPosition *ret_position) {
        OrderPosition position;

        if (!read_position(ctx->arena, cursor, &position)) {
                Error *error = error_new(ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                         "The cursor is not one of this list");
                error_add_violation(ctx->arena, error, "cursor", "must be the nextCursor of the page before");
                return error;
        }
        *ret_position = position;
        return NULL;
}
