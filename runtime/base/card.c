#include "base/card.h"

#include <string.h>

#include "base/str.h"

#define DIGITS "0123456789"
#define WORD DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-"
#define FIRST_GROUP_MIN_DIGITS 4

/* The last digits of the number at hand, and with which of them a card number may begin. */
typedef struct Number {
        char digits[CARD_MAX_DIGITS];
        bool begins[CARD_MAX_DIGITS];
        size_t n;
} Number;

/* The Luhn sum, from the last digit back: every second digit doubled, its own digits added. */
static bool has_check_digit(const char *digits, size_t n_digits) {
        int sum = 0;

        for (size_t i = 0; i < n_digits; i++) {
                int digit = digits[n_digits - 1 - i] - '0';
                int weighted = i % 2 == 0 ? digit : 2 * digit;

                sum += weighted > 9 ? weighted - 9 : weighted;
        }
        return sum % 10 == 0;
}

static void add_digit(Number *number, char digit, bool begins) {
        if (number->n == CARD_MAX_DIGITS) {
                number->n--;
                memmove(number->digits, number->digits + 1, number->n);
                memmove(number->begins, number->begins + 1, number->n);
        }
        number->digits[number->n] = digit;
        number->begins[number->n++] = begins;
}

/* Whether a card number ends with the group of digits that is added. */
static bool add_group(Number *number, const char *digits, size_t n_digits, bool may_begin) {
        for (size_t i = 0; i < n_digits; i++)
                add_digit(number, digits[i], may_begin && i == 0 && n_digits >= FIRST_GROUP_MIN_DIGITS);
        for (size_t i = 0; i + CARD_MIN_DIGITS <= number->n; i++)
                if (number->begins[i] && has_check_digit(number->digits + i, number->n - i))
                        return true;
        return false;
}

static bool add_groups(Number *number, const char *word, size_t n_bytes, bool is_telephone) {
        for (size_t at = 0; at < n_bytes;) {
                size_t n_digits = strspn(word + at, DIGITS);

                if (n_digits > 0 && add_group(number, word + at, n_digits, !(is_telephone && at == 0)))
                        return true;
                at += n_digits + strspn(word + at + n_digits, "-");
        }
        return false;
}

/* Most texts have no such number of digits at all. */
static bool may_hold_one(const char *text) {
        size_t n_digits = 0;

        for (; *text; text++)
                n_digits += *text >= '0' && *text <= '9';
        return n_digits >= CARD_MIN_DIGITS;
}

/* The bytes of a blank or of a dash that is no ASCII, between two groups of digits. */
static size_t gap(const char *text) {
        size_t n_blank = str_blank(text);

        return n_blank > 0 ? n_blank : str_dash(text);
}

bool card_number_in(const char *text) {
        Number number = { 0 };
        bool is_telephone = false;

        if (!may_hold_one(text))
                return false;
        while (*text) {
                size_t n_bytes = strspn(text, WORD);
                size_t n_gap = n_bytes > 0 ? 0 : gap(text);

                if (n_bytes > 0 && strspn(text, DIGITS "-") == n_bytes) {
                        if (add_groups(&number, text, n_bytes, is_telephone))
                                return true;
                } else if (n_bytes > 0 || (n_gap == 0 && *text != '.') || *text == '\n')
                        number.n = 0;
                is_telephone = *text == '+';
                text += n_bytes > 0 ? n_bytes : n_gap > 0 ? n_gap : 1;
        }
        return false;
}

const char *card_hidden(const char *text) {
        return card_number_in(text) ? CARD_HIDDEN : text;
}
