#include "base/uuid.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"

static void random_bytes(uint8_t *ret_bytes, size_t n_bytes) {
        size_t filled = 0;

        while (filled < n_bytes) {
                ssize_t n = getrandom(ret_bytes + filled, n_bytes - filled, 0);

                if (n < 0)
                        abort();
                filled += (size_t) n;
        }
}

/* 48 bits of milliseconds, then 80 random bits: the common ground of UUIDv7 and of sortable ids. */
static void timed_bytes(uint8_t ret_bytes[16]) {
        uint64_t now_ms = (uint64_t) clock_wall_us() / 1000;

        random_bytes(ret_bytes + 6, 10);
        for (int i = 5; i >= 0; i--, now_ms >>= 8)
                ret_bytes[i] = (uint8_t) now_ms;
}

const char *uuid_new(Arena *arena) {
        uint8_t b[16];

        timed_bytes(b);
        b[6] = (b[6] & 0x0F) | 0x70;
        b[8] = (b[8] & 0x3F) | 0x80;
        return arena_printf(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                            b[13], b[14], b[15]);
}

const char *uuid_sortable(Arena *arena, const char *prefix) {
        static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        unsigned __int128 number = 0;
        uint8_t bytes[16];
        char text[27] = "";

        timed_bytes(bytes);
        for (int i = 0; i < 16; i++)
                number = number << 8 | bytes[i];
        for (int i = 25; i >= 0; i--, number >>= 5)
                text[i] = digits[number & 31];
        return arena_printf(arena, "%s%s", prefix, text);
}

void uuid_random_hex(char *ret_text, int n_digits) {
        static const char digits[] = "0123456789abcdef";
        uint8_t bytes[32];

        random_bytes(bytes, sizeof(bytes));
        for (int i = 0; i < n_digits; i++)
                ret_text[i] = digits[bytes[i / 2] >> (i % 2 * 4) & 15];
        ret_text[n_digits] = '\0';
}
