#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

static const char *const level_names[] = { "debug", "info", "warning", "error" };
static const char *log_service = "millrace";
static LogLevel log_level = LOG_INFO;

void log_init(const char *service, LogLevel level) {
        log_service = service;
        log_level = level;
}

static void add_escaped(StrBuf *line, const char *text) {
        for (; *text; text++) {
                unsigned char c = (unsigned char) *text;

                if (c == '"' || c == '\\')
                        strbuf_addf(line, "\\%c", c);
                else if (c < 0x20 || c == 0x7F)
                        strbuf_addf(line, "\\u%04x", c);
                else
                        strbuf_add_char(line, *text);
        }
}

static void add_text(StrBuf *line, const char *key, const char *text) {
        strbuf_addf(line, "%s\"%s\":\"", line->n_bytes > 1 ? "," : "", key);
        add_escaped(line, text);
        strbuf_add_char(line, '"');
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
        if (level < log_level)
                return;
        Arena *arena = arena_new();
        StrBuf line = { .arena = arena };

        strbuf_add_char(&line, '{');
        add_text(&line, "time", clock_format_rfc3339(arena, clock_wall_us()));
        add_text(&line, "level", level_names[level]);
        add_text(&line, "service", log_service);
        add_text(&line, "message", message);
        for (size_t i = 0; i < n_fields; i++)
                if (fields[i].text)
                        add_text(&line, fields[i].key, fields[i].text);
                else
                        strbuf_addf(&line, ",\"%s\":%lld", fields[i].key, (long long) fields[i].number);
        strbuf_add(&line, "}\n");
        write_all(line.text, line.n_bytes);
        arena_free(arena);
}

LogField log_cause(Arena *arena, const Error *error) {
        StrBuf text = { .arena = arena };

        for (; error; error = error->cause)
                strbuf_addf(&text, "%s%s%s%s (%s:%d)", text.n_bytes ? "; because " : "",
                            error->reason ? error->reason : "", error->reason ? ": " : "", error->message,
                            error->file ? error->file : "?", error->line);
        return log_text("cause", strbuf_text(&text));
}
