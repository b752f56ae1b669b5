#include "service/order_cursor.h"

#include <string.h>

#define BITS_PER_DIGIT 6
#define BITS_PER_BYTE 8

/* Base64url without padding (RFC 4648 section 5): a cursor is part of a URL. */
static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const char *encode(Arena *arena, const char *plain) {
        StrBuf text = { .arena = arena };
        unsigned bits = 0;
        int n_bits = 0;

        for (; *plain; plain++) {
                bits = bits << BITS_PER_BYTE | (unsigned char) *plain;
                for (n_bits += BITS_PER_BYTE; n_bits >= BITS_PER_DIGIT; n_bits -= BITS_PER_DIGIT)
                        strbuf_add_char(&text, digits[bits >> (n_bits - BITS_PER_DIGIT) & 63]);
        }
        if (n_bits > 0)
                strbuf_add_char(&text, digits[bits << (BITS_PER_DIGIT - n_bits) & 63]);
        return strbuf_text(&text);
}

/* NULL for what is not base64url of a text. Bits that are left over must be those that encode() leaves. */
static char *decode(Arena *arena, const char *text) {
        StrBuf plain = { .arena = arena };
        unsigned bits = 0;
        int n_bits = 0;

        for (; *text; text++) {
                const char *digit = strchr(digits, *text);

                if (!digit)
                        return NULL;
                bits = bits << BITS_PER_DIGIT | (unsigned) (digit - digits);
                n_bits += BITS_PER_DIGIT;
                if (n_bits >= BITS_PER_BYTE) {
                        n_bits -= BITS_PER_BYTE;
                        strbuf_add_char(&plain, (char) (bits >> n_bits & 255));
                }
        }
        bool is_canonical = n_bits < BITS_PER_DIGIT && (bits & ((1u << n_bits) - 1)) == 0;
        return is_canonical && str_is_utf8(strbuf_text(&plain), plain.n_bytes) ? plain.text : NULL;
}

const char *order_cursor_write(Arena *arena, const Order *last) {
        return encode(arena, arena_printf(arena, "%lld:%s", (long long) last->created_at_us, last->id));
}

static bool read_position(Arena *arena, const char *cursor, OrderPosition *ret_position) {
        char *plain = decode(arena, cursor);
        char *colon = plain ? strchr(plain, ':') : NULL;

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
