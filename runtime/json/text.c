#include "json/text.h"

#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define ESCAPE_BYTES 6 /* of \u0041 */

static int hex_value(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* The code unit of the \u escape that starts at text, -1 when there is none. */
static int32_t code_unit(const char *text, const char *end) {
        int32_t unit = 0;

        if (end - text < ESCAPE_BYTES || text[0] != '\\' || text[1] != 'u')
                return -1;
        for (size_t i = 2; i < ESCAPE_BYTES; i++) {
                int value = hex_value(text[i]);

                if (value < 0)
                        return -1;
                unit = unit << 4 | value;
        }
        return unit;
}

static bool is_high_surrogate(int32_t unit) {
        return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int32_t unit) {
        return unit >= 0xDC00 && unit <= 0xDFFF;
}

/* Outside of strings a backslash is a syntax error anyway, so strings need not be told apart. */
static const char *escape_problem(const char *text, const char *end) {
        while ((text = memchr(text, '\\', (size_t) (end - text)))) {
                int32_t unit = code_unit(text, end);

                if (unit == 0)
                        return "a text must not hold \\u0000";
                if (is_low_surrogate(unit))
                        return "a text holds half of a surrogate pair";
                if (is_high_surrogate(unit)) {
                        if (!is_low_surrogate(code_unit(text + ESCAPE_BYTES, end)))
                                return "a text holds half of a surrogate pair";
                        text += ESCAPE_BYTES;
                }
                if (unit >= 0)
                        text += ESCAPE_BYTES;
                else
                        text += end - text < 2 ? 1 : 2;
        }
        return NULL;
}

/* yajl takes both for blanks. In a text they would have to be escaped. */
static bool has_foreign_blank(const char *text, size_t n_bytes) {
        return memchr(text, '\f', n_bytes) || memchr(text, '\v', n_bytes);
}

const char *json_text_problem(const char *text, size_t n_bytes) {
        if (!str_is_utf8(text, n_bytes))
                return "the JSON is not UTF-8 without NUL";
        if (has_foreign_blank(text, n_bytes))
                return "the JSON holds a form feed or a vertical tab, which are no blanks of JSON";
        return escape_problem(text, text + n_bytes);
}
