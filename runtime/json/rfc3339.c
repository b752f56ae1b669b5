#include "json/rfc3339_private.h"

#include <time.h>

#define NANOS_DIGITS 9

static void add_digits(StrBuf *out, char separator, int number, int n_digits) {
        char text[1 + NANOS_DIGITS] = { separator };

        for (int i = n_digits; i > 0; i--, number /= 10)
                text[i] = (char) ('0' + number % 10);
        strbuf_add_bytes(out, separator ? text : text + 1, (size_t) n_digits + (separator ? 1 : 0));
}

static void add_fraction(StrBuf *out, int32_t nanos) {
        if (nanos == 0)
                return;
        if (nanos % 1000000 == 0)
                add_digits(out, '.', nanos / 1000000, 3);
        else if (nanos % 1000 == 0)
                add_digits(out, '.', nanos / 1000, 6);
        else
                add_digits(out, '.', nanos, NANOS_DIGITS);
}

void json_rfc3339_add(StrBuf *out, Timestamp time) {
        time_t seconds = (time_t) time.seconds;
        struct tm parts;

        gmtime_r(&seconds, &parts);
        add_digits(out, '\0', parts.tm_year + 1900, 4);
        add_digits(out, '-', parts.tm_mon + 1, 2);
        add_digits(out, '-', parts.tm_mday, 2);
        add_digits(out, 'T', parts.tm_hour, 2);
        add_digits(out, ':', parts.tm_min, 2);
        add_digits(out, ':', parts.tm_sec, 2);
        add_fraction(out, time.nanos);
        strbuf_add_char(out, 'Z');
}

/* What is left to read. */
typedef struct Scan {
        const char *at, *end;
} Scan;

static bool skip(Scan *scan, char c) {
        if (scan->at == scan->end || *scan->at != c)
                return false;
        scan->at++;
        return true;
}

static bool is_digit_next(const Scan *scan) {
        return scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9';
}

static bool read_digits(Scan *scan, int n_digits, int *ret_number) {
        int number = 0;

        for (int i = 0; i < n_digits; i++) {
                if (!is_digit_next(scan))
                        return false;
                number = number * 10 + (*scan->at++ - '0');
        }
        *ret_number = number;
        return true;
}

/* timegm makes a day out of 31 February: the date must come back as it was read. */
static bool read_date_and_time(Scan *scan, int64_t *ret_seconds) {
        struct tm read = { 0 };

        if (!read_digits(scan, 4, &read.tm_year) || !skip(scan, '-') || !read_digits(scan, 2, &read.tm_mon) ||
            !skip(scan, '-') || !read_digits(scan, 2, &read.tm_mday) || !skip(scan, 'T') ||
            !read_digits(scan, 2, &read.tm_hour) || !skip(scan, ':') || !read_digits(scan, 2, &read.tm_min) ||
            !skip(scan, ':') || !read_digits(scan, 2, &read.tm_sec))
                return false;
        read.tm_year -= 1900;
        read.tm_mon -= 1;
        struct tm same = read;
        *ret_seconds = timegm(&same);
        return same.tm_year == read.tm_year && same.tm_mon == read.tm_mon && same.tm_mday == read.tm_mday &&
               same.tm_hour == read.tm_hour && same.tm_min == read.tm_min && same.tm_sec == read.tm_sec;
}

static bool read_fraction(Scan *scan, int32_t *ret_nanos) {
        int32_t nanos = 0;
        int n_digits = 0;

        if (!skip(scan, '.'))
                return true;
        for (; is_digit_next(scan); n_digits++)
                if (n_digits < NANOS_DIGITS)
                        nanos = nanos * 10 + (*scan->at++ - '0');
                else
                        return false;
        if (n_digits == 0)
                return false;
        for (; n_digits < NANOS_DIGITS; n_digits++)
                nanos *= 10;
        *ret_nanos = nanos;
        return true;
}

static bool read_offset(Scan *scan, int64_t *ret_seconds) {
        int hours, minutes;
        int64_t sign = 1;

        if (skip(scan, 'Z'))
                return true;
        if (skip(scan, '-'))
                sign = -1;
        else if (!skip(scan, '+'))
                return false;
        if (!read_digits(scan, 2, &hours) || !skip(scan, ':') || !read_digits(scan, 2, &minutes) ||
            hours > 23 || minutes > 59)
                return false;
        *ret_seconds = sign * (hours * 3600 + minutes * 60);
        return true;
}

bool json_rfc3339_read(const char *text, size_t n_bytes, Timestamp *ret_time) {
        Scan scan = { .at = text, .end = text + n_bytes };
        Timestamp time = { 0 };
        int64_t offset_s = 0;

        if (!read_date_and_time(&scan, &time.seconds) || !read_fraction(&scan, &time.nanos) ||
            !read_offset(&scan, &offset_s) || scan.at != scan.end)
                return false;
        time.seconds -= offset_s;
        if (time.seconds < TIMESTAMP_MIN_SECONDS || time.seconds > TIMESTAMP_MAX_SECONDS)
                return false;
        *ret_time = time;
        return true;
}
