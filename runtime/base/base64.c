#include "json/base64.h"

#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_add(StrBuf *out, Bytes bytes) {
        for (size_t i = 0; i < bytes.n_bytes; i += 3) {
                size_t n = bytes.n_bytes - i < 3 ? bytes.n_bytes - i : 3;
                uint32_t group = (uint32_t) bytes.data[i] << 16;
                char quad[4];

                group |= n > 1 ? (uint32_t) bytes.data[i + 1] << 8 : 0;
                group |= n > 2 ? bytes.data[i + 2] : 0;
                for (size_t k = 0; k < 4; k++)
                        quad[k] = k <= n ? digits[group >> (18 - 6 * k) & 63] : '=';
                strbuf_add_bytes(out, quad, 4);
        }
}

/* The value of a digit, -1 for anything else. */
static int digit_value(char c) {
        const char *digit = c ? strchr(digits, c) : NULL;

        return digit ? (int) (digit - digits) : -1;
}

/* Bits that the last group does not need must be zero: one text per value. */
static bool read_group(const char *quad, size_t n_digits, uint8_t *bytes) {
        uint32_t group = 0;

        for (size_t i = 0; i < 4; i++) {
                int value = i < n_digits ? digit_value(quad[i]) : 0;

                if (value < 0)
                        return false;
                group = group << 6 | (uint32_t) value;
        }
        for (size_t i = 0; i < 3; i++) {
                uint8_t byte = (uint8_t) (group >> (16 - 8 * i));

                if (i + 1 < n_digits)
                        bytes[i] = byte;
                else if (byte != 0)
                        return false;
        }
        return true;
}

bool base64_read(Arena *arena, const char *text, size_t n_bytes, Bytes *ret_bytes) {
        size_t n_padding = 0;

        if (n_bytes % 4 != 0)
                return false;
        while (n_padding < 2 && n_padding < n_bytes && text[n_bytes - 1 - n_padding] == '=')
                n_padding++;
        uint8_t *bytes = arena_alloc(arena, n_bytes / 4 * 3);
        for (size_t i = 0; i < n_bytes; i += 4) {
                size_t n_digits = i + 4 == n_bytes ? 4 - n_padding : 4;

                if (!read_group(text + i, n_digits, bytes + i / 4 * 3))
                        return false;
        }
        *ret_bytes = (Bytes) { .data = bytes, .n_bytes = n_bytes / 4 * 3 - n_padding };
        return true;
}
