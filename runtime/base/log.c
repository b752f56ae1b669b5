#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define LINE_BYTES 8192
#define END_BYTES 4 /* kept free for what closes a text and the line */

#define BETWEEN_WORDS " \t\r\n\"'`,;:()[]{}<>|&?=/"
#define AT_IN_PATHS "%40"
#define EMAIL_LEFT_OUT "(an e-mail address)"

/* A line is built on the stack and written at once: no allocation, and lines of threads do not mix. */
typedef struct Line {
        size_t n_bytes;
        char text[LINE_BYTES];
} Line;

static const char *const level_names[] = { "debug", "info", "warning", "error" };
static const char *log_service = "millrace";
static LogLevel log_level = LOG_INFO;
static LogLevel success_level = LOG_INFO;

void log_init(const char *service, LogLevel level) {
        log_service = service;
        log_level = level;
}

void log_successes(LogLevel level) {
        success_level = level;
}

LogLevel log_success_level(void) {
        return success_level;
}

/* All of it or nothing: a text that is too long ends early, and the line stays JSON. */
static bool add_bytes(Line *line, const char *text, size_t n_bytes) {
        if (line->n_bytes + n_bytes > LINE_BYTES - END_BYTES)
                return false;
        memcpy(line->text + line->n_bytes, text, n_bytes);
        line->n_bytes += n_bytes;
        return true;
}

static bool add_char_escaped(Line *line, unsigned char c) {
        char escaped[8];

        if (c == '"' || c == '\\')
                return add_bytes(line, (const char[]) { '\\', (char) c }, 2);
        snprintf(escaped, sizeof(escaped), "\\u%04x", c);
        return add_bytes(line, escaped, 6);
}

static bool is_plain(unsigned char c) {
        return c >= 0x20 && c != 0x7F && c != '"' && c != '\\';
}

/* Of what does not fit all but the last letter, which may be of several bytes. */
static void add_beginning(Line *line, const char *text, size_t n_bytes) {
        while (n_bytes > 0 && ((unsigned char) text[n_bytes] & 0xC0) == 0x80)
                n_bytes--;
        add_bytes(line, text, n_bytes);
}

static void add_escaped(Line *line, const char *text, size_t n_bytes) {
        const char *end = text + n_bytes;

        while (text < end) {
                size_t n_plain = 0, n_room = LINE_BYTES - END_BYTES - line->n_bytes;

                while (text + n_plain < end && is_plain((unsigned char) text[n_plain]))
                        n_plain++;
                if (n_plain > n_room) {
                        add_beginning(line, text, n_room);
                        return;
                }
                add_bytes(line, text, n_plain);
                text += n_plain;
                if (text < end && !add_char_escaped(line, (unsigned char) *text++))
                        return;
        }
}

/* Where the sign stands that parts an e-mail address, as itself or as in a path; NULL: nowhere. */
static const char *find_at(const char *text, size_t n_bytes) {
        const char *at = memchr(text, '@', n_bytes);

        return at ? at : memmem(text, n_bytes, AT_IN_PATHS, strlen(AT_IN_PATHS));
}

static bool is_email(const char *word, size_t n_bytes) {
        const char *at = find_at(word, n_bytes);

        return at && at > word && at + (*at == '@' ? 1 : strlen(AT_IN_PATHS)) < word + n_bytes;
}

/* Who reads a log need not know an e-mail address, which somebody may have written where an id belongs. */
static void add_words(Line *line, const char *text) {
        size_t n_bytes = strlen(text);

        if (!find_at(text, n_bytes)) {
                add_escaped(line, text, n_bytes);
                return;
        }
        while (*text) {
                size_t n_word = strcspn(text, BETWEEN_WORDS);
                size_t n_between = strspn(text + n_word, BETWEEN_WORDS);

                if (is_email(text, n_word))
                        add_bytes(line, EMAIL_LEFT_OUT, strlen(EMAIL_LEFT_OUT));
                else
                        add_escaped(line, text, n_word);
                add_escaped(line, text + n_word, n_between);
                text += n_word + n_between;
        }
}

static void add_key(Line *line, const char *key, const char *after) {
        add_bytes(line, line->n_bytes > 1 ? ",\"" : "\"", line->n_bytes > 1 ? 2 : 1);
        add_bytes(line, key, strlen(key));
        add_bytes(line, after, strlen(after));
}

/* A field is only begun when its key, and a number, fit. */
static bool has_room(const Line *line, const char *key) {
        return line->n_bytes + strlen(key) + 32 < LINE_BYTES - END_BYTES;
}

static void add_text(Line *line, const char *key, const char *text) {
        if (!has_room(line, key))
                return;
        add_key(line, key, "\":\"");
        add_words(line, text);
        line->text[line->n_bytes++] = '"';
}

static void add_number(Line *line, const char *key, int64_t number) {
        char digits[24];

        if (!has_room(line, key))
                return;
        add_key(line, key, "\":");
        add_bytes(line, digits, (size_t) snprintf(digits, sizeof(digits), "%lld", (long long) number));
}

/* "2024-08-10T14:30:00.123Z"; the calendar is only asked once a second. */
static const char *now_text(void) {
        static _Thread_local char text[32];
        static _Thread_local time_t formatted;
        int64_t wall_us = clock_wall_us();
        time_t seconds = (time_t) (wall_us / 1000000);
        struct tm parts;

        if (seconds != formatted) {
                gmtime_r(&seconds, &parts);
                strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S.000Z", &parts);
                formatted = seconds;
        }
        int ms = (int) (wall_us / 1000 % 1000);
        text[20] = (char) ('0' + ms / 100);
        text[21] = (char) ('0' + ms / 10 % 10);
        text[22] = (char) ('0' + ms % 10);
        return text;
}

static void write_all(const char *text, size_t n_bytes) {
        while (n_bytes > 0) {
                ssize_t n = write(STDERR_FILENO, text, n_bytes);

                if (n <= 0)
                        return;
                text += n;
                n_bytes -= (size_t) n;
        }
}

void log_write(LogLevel level, const char *message, const LogField *fields, size_t n_fields) {
        Line line;

        if (level < log_level)
                return;
        line.n_bytes = 0;
        add_bytes(&line, "{", 1);
        add_text(&line, "time", now_text());
        add_text(&line, "level", level_names[level]);
        add_text(&line, "service", log_service);
        add_text(&line, "message", message);
        for (size_t i = 0; i < n_fields; i++)
                if (fields[i].text)
                        add_text(&line, fields[i].key, fields[i].text);
                else
                        add_number(&line, fields[i].key, fields[i].number);
        line.text[line.n_bytes++] = '}';
        line.text[line.n_bytes++] = '\n';
        write_all(line.text, line.n_bytes);
}

LogField log_cause(Arena *arena, const Error *error) {
        StrBuf text = { .arena = arena };

        for (; error; error = error->cause)
                strbuf_addf(&text, "%s%s%s%s (%s:%d)", text.n_bytes ? "; because " : "",
                            error->reason ? error->reason : "", error->reason ? ": " : "", error->message,
                            error->file ? error->file : "?", error->line);
        return log_text("cause", strbuf_text(&text));
}
