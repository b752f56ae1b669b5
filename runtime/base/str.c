#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void reserve(StrBuf *buf, size_t n_more) {
        size_t needed = buf->n_bytes + n_more + 1;

        if (needed <= buf->size_bytes)
                return;
        size_t size = buf->size_bytes ? buf->size_bytes * 2 : 256;
        while (size < needed)
                size *= 2;
        char *text = arena_alloc(buf->arena, size);
        if (buf->n_bytes > 0)
                memcpy(text, buf->text, buf->n_bytes);
        buf->text = text;
        buf->size_bytes = size;
}

void strbuf_add_bytes(StrBuf *buf, const char *text, size_t n_bytes) {
        reserve(buf, n_bytes);
        memcpy(buf->text + buf->n_bytes, text, n_bytes);
        buf->n_bytes += n_bytes;
        buf->text[buf->n_bytes] = '\0';
}

void strbuf_add(StrBuf *buf, const char *text) {
        strbuf_add_bytes(buf, text, strlen(text));
}

void strbuf_add_char(StrBuf *buf, char c) {
        strbuf_add_bytes(buf, &c, 1);
}

void strbuf_addf(StrBuf *buf, const char *format, ...) {
        va_list args;

        va_start(args, format);
        strbuf_add(buf, arena_vprintf(buf->arena, format, args));
        va_end(args);
}

const char *strbuf_text(const StrBuf *buf) {
        return buf->text ? buf->text : "";
}

bool str_equal(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

bool str_starts_with(const char *text, const char *prefix) {
        return strncmp(text, prefix, strlen(prefix)) == 0;
}

const char *str_or_empty(const char *text) {
        return text ? text : "";
}

const char *str_or_null(const char *text) {
        return str_is_empty(text) ? NULL : text;
}

bool str_is_empty(const char *text) {
        return !text || !*text;
}

/* Length of the sequence that starts at text, 0 when it is not well-formed (Unicode 15, table 3-7). */
static size_t sequence_bytes(const unsigned char *text, size_t n_left) {
        unsigned char first = text[0];
        unsigned char low = 0x80, high = 0xBF;
        size_t n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;

        if (first == 0 || (first >= 0x80 && first < 0xC2) || first > 0xF4 || n > n_left)
                return 0;
        if (first == 0xE0)
                low = 0xA0;
        else if (first == 0xED)
                high = 0x9F;
        else if (first == 0xF0)
                low = 0x90;
        else if (first == 0xF4)
                high = 0x8F;
        for (size_t i = 1; i < n; i++) {
                if (text[i] < low || text[i] > high)
                        return 0;
                low = 0x80;
                high = 0xBF;
        }
        return n;
}

bool str_is_utf8(const char *text, size_t n_bytes) {
        const unsigned char *bytes = (const unsigned char *) text;

        for (size_t i = 0; i < n_bytes;) {
                size_t n = sequence_bytes(bytes + i, n_bytes - i);

                if (n == 0)
                        return false;
                i += n;
        }
        return true;
}

/* What is white in Unicode 15 (White_Space), and what has no width or ink: first and last code points. */
typedef struct CodeRange {
        uint32_t first, last;
} CodeRange;

static const CodeRange blanks[] = {
        { 0x09, 0x0D },     { 0x20, 0x20 },     { 0x85, 0x85 },     { 0xA0, 0xA0 },     { 0xAD, 0xAD },
        { 0x1680, 0x1680 }, { 0x180E, 0x180E }, { 0x2000, 0x200F }, { 0x2028, 0x202F }, { 0x205F, 0x2064 },
        { 0x2800, 0x2800 }, { 0x3000, 0x3000 }, { 0x3164, 0x3164 }, { 0xFEFF, 0xFEFF },
};

static const CodeRange dashes[] = {
        { '-', '-' },       { 0x2010, 0x2015 }, { 0x2043, 0x2043 }, { 0x2212, 0x2212 },
        { 0xFE58, 0xFE58 }, { 0xFE63, 0xFE63 }, { 0xFF0D, 0xFF0D },
};

/* The code point of a well-formed sequence of one to three bytes; 0 for a longer one: no blank or dash. */
static uint32_t code_point(const unsigned char *text, size_t n_bytes) {
        if (n_bytes == 1)
                return text[0];
        if (n_bytes == 2)
                return (text[0] & 0x1Fu) << 6 | (text[1] & 0x3Fu);
        if (n_bytes == 3)
                return (text[0] & 0x0Fu) << 12 | (text[1] & 0x3Fu) << 6 | (text[2] & 0x3Fu);
        return 0;
}

/* The bytes of the character that the text begins with, when it is one of the ranges; else 0. */
static size_t one_of(const char *text, const CodeRange *ranges, size_t n_ranges) {
        const unsigned char *bytes = (const unsigned char *) text;
        size_t n_bytes = sequence_bytes(bytes, strnlen(text, 4));
        uint32_t point = code_point(bytes, n_bytes);

        for (size_t i = 0; i < n_ranges; i++)
                if (point >= ranges[i].first && point <= ranges[i].last)
                        return n_bytes;
        return 0;
}

size_t str_blank(const char *text) {
        if (*text > ' ' && *text < 0x7F)
                return 0;
        return one_of(text, blanks, ARRAY_SIZE(blanks));
}

size_t str_dash(const char *text) {
        return one_of(text, dashes, ARRAY_SIZE(dashes));
}

bool str_is_blank(const char *text) {
        size_t n_bytes;

        while ((n_bytes = str_blank(text)) > 0)
                text += n_bytes;
        return !*text;
}

bool str_parse_int64(const char *text, int64_t *ret_number) {
        char *end;

        if (*text != '-' && (*text < '0' || *text > '9'))
                return false;
        errno = 0;
        long long number = strtoll(text, &end, 10);
        if (errno || end == text || *end)
                return false;
        *ret_number = number;
        return true;
}
