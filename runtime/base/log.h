/*
 * Structured logs: one line of JSON per event on stderr, control characters escaped, at most 8 KiB (the rest
 * is cut).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR } LogLevel;

/* One key of a line; a NULL text means that the value is the number. */
typedef struct LogField {
        const char *key;
        const char *text;
        int64_t number;
} LogField;

static inline LogField log_text(const char *key, const char *text) {
        return (LogField) { .key = key, .text = text ? text : "" };
}

static inline LogField log_number(const char *key, int64_t number) {
        return (LogField) { .key = key, .number = number };
}

/* Lines below level are dropped; service names the process in every line. Called once, before any thread. */
void log_init(const char *service, LogLevel level);

/*
 * At which level log_success writes: the lines about each call and each event that went well, which are many
 * (LOG_INFO unless told). Called once, before any thread.
 */
void log_successes(LogLevel level);
LogLevel log_success_level(void);

/*
 * Writes one line; the fields are the rest of the arguments: log_info("order placed", log_text("order", id)).
 */
#define log_debug(message, ...) LOG_LINE(LOG_DEBUG, message, ##__VA_ARGS__)
#define log_info(message, ...) LOG_LINE(LOG_INFO, message, ##__VA_ARGS__)
#define log_warning(message, ...) LOG_LINE(LOG_WARNING, message, ##__VA_ARGS__)
#define log_error(message, ...) LOG_LINE(LOG_ERROR, message, ##__VA_ARGS__)
#define log_success(message, ...) LOG_LINE(log_success_level(), message, ##__VA_ARGS__)

#define LOG_LINE(level, message, ...)                                                                        \
        log_write((level), (message), (const LogField[]) { __VA_ARGS__ },                                    \
                  sizeof((const LogField[]) { __VA_ARGS__ }) / sizeof(LogField))

void log_write(LogLevel level, const char *message, const LogField *fields, size_t n_fields);

/* The reason, message, and cause chain with file:line as one field; lives in arena. */
LogField log_cause(Arena *arena, const Error *error);
