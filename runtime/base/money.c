#include "base/money.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static const struct {
        char code[4];
        int decimals;
} currencies[] = {
        { "USD", 2 }, { "EUR", 2 }, { "GBP", 2 }, { "VND", 0 }, { "JPY", 0 }, { "KWD", 3 },
};

int money_decimals(const char *currency) {
        for (size_t i = 0; i < ARRAY_SIZE(currencies); i++)
                if (strcmp(currencies[i].code, currency) == 0)
                        return currencies[i].decimals;
        return -1;
}

bool money_add(int64_t a_minor, int64_t b_minor, int64_t *ret_minor) {
        int64_t sum;

        if (__builtin_add_overflow(a_minor, b_minor, &sum))
                return false;
        *ret_minor = sum;
        return true;
}

bool money_multiply(int64_t unit_minor, int64_t quantity, int64_t *ret_minor) {
        int64_t product;

        if (__builtin_mul_overflow(unit_minor, quantity, &product))
                return false;
        *ret_minor = product;
        return true;
}

bool money_share(int64_t amount_minor, int64_t part, int64_t whole, int64_t *ret_minor) {
        __int128 scaled = (__int128) amount_minor * part;
        __int128 half = whole / 2 + whole % 2;
        __int128 magnitude = scaled < 0 ? -scaled : scaled;
        __int128 quotient = magnitude / whole;

        if (magnitude % whole >= half)
                quotient++;
        if (scaled < 0)
                quotient = -quotient;
        if (quotient > INT64_MAX || quotient < INT64_MIN)
                return false;
        *ret_minor = (int64_t) quotient;
        return true;
}

typedef struct Remainder {
        __int128 rest;
        size_t line;
} Remainder;

static int larger_rest_first(const void *left, const void *right) {
        const Remainder *a = left, *b = right;

        if (a->rest != b->rest)
                return a->rest > b->rest ? -1 : 1;
        return a->line < b->line ? -1 : a->line > b->line;
}

bool money_split(int64_t amount_minor, const int64_t *weights, size_t n, int64_t *ret_parts) {
        __int128 total = 0;
        int64_t sign = amount_minor < 0 ? -1 : 1;

        if (n == 0 || amount_minor == INT64_MIN)
                return false;
        for (size_t i = 0; i < n; i++) {
                if (weights[i] < 0)
                        return false;
                total += weights[i];
        }
        if (total == 0) {
                memset(ret_parts, 0, n * sizeof(*ret_parts));
                ret_parts[0] = amount_minor;
                return true;
        }

        Remainder *rests = MEMORY_ARRAY(Remainder, n);
        int64_t left_minor = amount_minor * sign;
        for (size_t i = 0; i < n; i++) {
                __int128 scaled = (__int128) (amount_minor * sign) * weights[i];

                ret_parts[i] = (int64_t) (scaled / total);
                left_minor -= ret_parts[i];
                rests[i] = (Remainder) { .rest = scaled % total, .line = i };
        }
        qsort(rests, n, sizeof(Remainder), larger_rest_first);
        for (size_t i = 0; left_minor > 0; i++, left_minor--)
                ret_parts[rests[i].line]++;
        for (size_t i = 0; i < n; i++)
                ret_parts[i] *= sign;
        free(rests);
        return true;
}

static uint64_t power_of_ten(int exponent) {
        uint64_t power = 1;

        while (exponent-- > 0)
                power *= 10;
        return power;
}

const char *money_format(Arena *arena, int64_t minor, const char *currency) {
        int decimals = money_decimals(currency);
        uint64_t magnitude = minor < 0 ? -(uint64_t) minor : (uint64_t) minor;
        const char *sign = minor < 0 ? "-" : "";

        if (decimals < 0)
                abort();
        if (decimals == 0)
                return arena_printf(arena, "%s%llu", sign, (unsigned long long) magnitude);
        uint64_t unit = power_of_ten(decimals);
        return arena_printf(arena, "%s%llu.%0*llu", sign, (unsigned long long) (magnitude / unit), decimals,
                            (unsigned long long) (magnitude % unit));
}
