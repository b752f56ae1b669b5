/* Text: a growing buffer in an arena, strict UTF-8, and the comparisons that C leaves out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Bytes with their length; a getter's Bytes are borrowed. */
typedef struct Bytes {
        const uint8_t *data;
        size_t n_bytes;
} Bytes;

/* A text that grows at its end; always terminated. Starts as { .arena = arena }. */
typedef struct StrBuf {
        Arena *arena;
        char *text;
        size_t n_bytes;
        size_t size_bytes;
} StrBuf;

void strbuf_add(StrBuf *buf, const char *text);
void strbuf_add_bytes(StrBuf *buf, const char *text, size_t n_bytes);
void strbuf_add_char(StrBuf *buf, char c);
void strbuf_addf(StrBuf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "" for an empty one. */
const char *strbuf_text(const StrBuf *buf);

bool str_equal(const char *a, const char *b);
bool str_starts_with(const char *text, const char *prefix);
bool str_is_empty(const char *text); /* NULL counts as empty */

/* For what knows no empty texts, and what knows no NULL. */
const char *str_or_empty(const char *text);
const char *str_or_null(const char *text);

/* Strict: no overlong forms, no surrogates, nothing above U+10FFFF, and no NUL. */
bool str_is_utf8(const char *text, size_t n_bytes);

/* How many bytes the blank takes that begins a UTF-8 text, of ASCII or Unicode; 0: it begins with none. */
size_t str_blank(const char *text);

/* The same of a dash: hyphen, en dash, minus and the like. */
size_t str_dash(const char *text);
bool str_is_blank(const char *text); /* only blanks, or nothing */

/* Reads a whole decimal int64; false when it is not one or does not fit. */
bool str_parse_int64(const char *text, int64_t *ret_number) __attribute__((warn_unused_result));
