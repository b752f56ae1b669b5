#include "base/error.h"

#include <string.h>

#include "base/memory.h"

static const char *const code_names[] = {
        [ERROR_CANCELLED] = "CANCELLED",
        [ERROR_UNKNOWN] = "UNKNOWN",
        [ERROR_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [ERROR_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [ERROR_NOT_FOUND] = "NOT_FOUND",
        [ERROR_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [ERROR_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [ERROR_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [ERROR_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [ERROR_ABORTED] = "ABORTED",
        [ERROR_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [ERROR_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [ERROR_INTERNAL] = "INTERNAL",
        [ERROR_UNAVAILABLE] = "UNAVAILABLE",
        [ERROR_DATA_LOSS] = "DATA_LOSS",
        [ERROR_UNAUTHENTICATED] = "UNAUTHENTICATED",
};

Error *error_make(Arena *arena, const char *file, int line, ErrorCode code, const char *reason,
                  const Error *cause, const char *format, ...) {
        Error *error = ARENA_NEW(arena, Error);
        va_list args;

        va_start(args, format);
        *error = (Error) {
                .code = code,
                .reason = reason,
                .message = arena_vprintf(arena, format, args),
                .cause = cause,
                .file = file,
                .line = line,
        };
        va_end(args);
        return error;
}

Error *error_make_invalid(Arena *arena, const char *file, int line, const char *field, const char *format,
                          ...) {
        va_list args;

        va_start(args, format);
        const char *description = arena_vprintf(arena, format, args);
        va_end(args);
        Error *error = error_make(arena, file, line, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST, NULL,
                                  "%s %s", field, description);
        error_add_violation(arena, error, field, description);
        return error;
}

/* ---- lists: there is room for the next power of two, so that n items take memory for 2 n ---- */

static size_t room_for(size_t n) {
        size_t room = 1;

        while (room < n)
                room *= 2;
        return room;
}

/* The items, with room for one more behind them. */
static void *grown(Arena *arena, const void *items, size_t n, size_t item_bytes) {
        if (n > 0 && n < room_for(n))
                return (void *) items;
        void *larger = arena_alloc_array(arena, room_for(n + 1), item_bytes);
        if (n > 0)
                memcpy(larger, items, n * item_bytes);
        return larger;
}

static void copy_records(Arena *arena, Error *copy) {
        ErrorRecord *records = ARENA_ARRAY(arena, ErrorRecord, room_for(copy->n_records));

        for (size_t i = 0; i < copy->n_records; i++) {
                const ErrorRecord *from = &copy->records[i];
                ErrorValue *values = ARENA_ARRAY(arena, ErrorValue, from->n_values);

                for (size_t k = 0; k < from->n_values; k++)
                        values[k] = (ErrorValue) {
                                .key = arena_strdup(arena, from->values[k].key),
                                .text = arena_strdup(arena, from->values[k].text),
                                .number = from->values[k].number,
                        };
                records[i] = (ErrorRecord) { .values = values, .n_values = from->n_values };
        }
        copy->records = records;
}

static void copy_violations(Arena *arena, Error *copy) {
        FieldViolation *violations = ARENA_ARRAY(arena, FieldViolation, room_for(copy->n_violations));

        for (size_t i = 0; i < copy->n_violations; i++)
                violations[i] = (FieldViolation) {
                        .field = arena_strdup(arena, copy->violations[i].field),
                        .description = arena_strdup(arena, copy->violations[i].description),
                };
        copy->violations = violations;
}

const Error *error_copy(Arena *arena, const Error *error) {
        Error *copy = arena_memdup(arena, error, sizeof(Error));

        copy->reason = arena_strdup(arena, error->reason);
        copy->message = arena_strdup(arena, error->message);
        copy_records(arena, copy);
        copy_violations(arena, copy);
        copy->cause = error->cause ? error_copy(arena, error->cause) : NULL;
        return copy;
}

void error_add_record(Arena *arena, Error *error, const ErrorValue *values, size_t n_values) {
        ErrorRecord *records = grown(arena, error->records, error->n_records, sizeof(ErrorRecord));

        records[error->n_records++] = (ErrorRecord) {
                .values = arena_memdup(arena, values, n_values * sizeof(ErrorValue)),
                .n_values = n_values,
        };
        error->records = records;
}

void error_add_violation(Arena *arena, Error *error, const char *field, const char *description) {
        FieldViolation *violations =
                grown(arena, error->violations, error->n_violations, sizeof(FieldViolation));

        violations[error->n_violations++] = (FieldViolation) { .field = field, .description = description };
        error->violations = violations;
}

bool error_is(const Error *error, const char *reason) {
        return error && error->reason && strcmp(error->reason, reason) == 0;
}

bool error_is_transient(const Error *error) {
        return error && (error->code == ERROR_UNAVAILABLE || error->code == ERROR_RESOURCE_EXHAUSTED ||
                         error->code == ERROR_DEADLINE_EXCEEDED || error->code == ERROR_ABORTED);
}

bool error_is_final(const Error *error) {
        while (error && !error->reason && !error->is_final)
                error = error->cause;
        return error && error->is_final;
}

bool error_may_pass(const Error *error) {
        return error_is_transient(error) || error_is(error, REASON_WRITE_UNCERTAIN);
}

const char *error_code_name(ErrorCode code) {
        if ((size_t) code >= ARRAY_SIZE(code_names) || !code_names[code])
                return "UNKNOWN";
        return code_names[code];
}
