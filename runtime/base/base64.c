#include "base/base64.h"

#define BITS_PER_DIGIT 6
#define BITS_PER_BYTE 8
#define DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

static const char standard[] = DIGITS "+/";
static const char of_urls[] = DIGITS "-_";

/* The value of a digit, -1 for anything else. */
static int value_of(const char *digits, char c) {
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == digits[62] ? 62 : c == digits[63] ? 63 : -1;
}

static void add(StrBuf *out, Bytes bytes, const char *digits) {
        unsigned bits = 0;
        int n_bits = 0;

        for (size_t i = 0; i < bytes.n_bytes; i++) {
                bits = bits << BITS_PER_BYTE | bytes.data[i];
                for (n_bits += BITS_PER_BYTE; n_bits >= BITS_PER_DIGIT; n_bits -= BITS_PER_DIGIT)
                        strbuf_add_char(out, digits[bits >> (n_bits - BITS_PER_DIGIT) & 63]);
        }
        if (n_bits > 0)
                strbuf_add_char(out, digits[bits << (BITS_PER_DIGIT - n_bits) & 63]);
}

static bool is_canonical(const char *digits, const char *text, size_t n) {
        static const int tail_bits[] = { 0, 0x3F, 0x0F, 0x03 }; /* by what is left of n over fours */
        int last = 0;

        for (size_t i = 0; i < n; i++) {
                last = value_of(digits, text[i]);
                if (last < 0)
                        return false;
        }
        return n % 4 != 1 && !(last & tail_bits[n % 4]);
}

static bool read(Arena *arena, const char *digits, const char *text, size_t n, Bytes *ret_bytes) {
        uint8_t *bytes = arena_alloc(arena, n / 4 * 3 + 3);
        size_t n_bytes = 0;
        unsigned bits = 0;
        int n_bits = 0;

        if (!is_canonical(digits, text, n))
                return false;
        for (size_t i = 0; i < n; i++) {
                bits = bits << BITS_PER_DIGIT | (unsigned) value_of(digits, text[i]);
                n_bits += BITS_PER_DIGIT;
                if (n_bits >= BITS_PER_BYTE) {
                        n_bits -= BITS_PER_BYTE;
                        bytes[n_bytes++] = (uint8_t) (bits >> n_bits);
                }
        }
        *ret_bytes = (Bytes) { .data = bytes, .n_bytes = n_bytes };
        return true;
}

void base64_add(StrBuf *out, Bytes bytes) {
        add(out, bytes, standard);
        strbuf_add_bytes(out, "==", (3 - bytes.n_bytes % 3) % 3);
}

bool base64_read(Arena *arena, const char *text, size_t n_bytes, Bytes *ret_bytes) {
        size_t n_padding = 0;

        if (n_bytes % 4 != 0)
                return false;
        while (n_padding < 2 && n_padding < n_bytes && text[n_bytes - 1 - n_padding] == '=')
                n_padding++;
        return read(arena, standard, text, n_bytes - n_padding, ret_bytes);
}

void base64url_add(StrBuf *out, Bytes bytes) {
        add(out, bytes, of_urls);
}

bool base64url_is(const char *text, size_t n_bytes) {
        return is_canonical(of_urls, text, n_bytes);
}

bool base64url_read(Arena *arena, const char *text, size_t n_bytes, Bytes *ret_bytes) {
        return read(arena, of_urls, text, n_bytes, ret_bytes);
}
