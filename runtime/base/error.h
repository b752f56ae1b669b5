/*
 * Why a call failed: a gRPC code, a reason that callers may rely on, a sentence, and what lay below.
 *
 * A fallible function returns `const Error *`, NULL for success. The error lives in the request's arena, so
 * nobody frees it. With a reason it is a documented condition and the caller sees it; without one it is
 * internal: the caller sees only "internal", the log gets the message, the cause chain, and file:line.
 *
 * Reasons are declared in the protos: REASON_NAME comes from the enum Reason of common.v1 or of the service's
 * own package. What no caller ever sees, because it ends inside a part, is a text of that part's, INNER_NAME.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "common/v1/error.reasons.h"

/* The gRPC status codes, with their numbers. */
typedef enum ErrorCode {
        ERROR_CANCELLED = 1,
        ERROR_UNKNOWN = 2,
        ERROR_INVALID_ARGUMENT = 3,
        ERROR_DEADLINE_EXCEEDED = 4,
        ERROR_NOT_FOUND = 5,
        ERROR_ALREADY_EXISTS = 6,
        ERROR_PERMISSION_DENIED = 7,
        ERROR_RESOURCE_EXHAUSTED = 8,
        ERROR_FAILED_PRECONDITION = 9,
        ERROR_ABORTED = 10,
        ERROR_OUT_OF_RANGE = 11,
        ERROR_UNIMPLEMENTED = 12,
        ERROR_INTERNAL = 13,
        ERROR_UNAVAILABLE = 14,
        ERROR_DATA_LOSS = 15,
        ERROR_UNAUTHENTICATED = 16,
} ErrorCode;

/* One key of an error's details, by error_text or error_number; when text is NULL, number is the value. */
typedef struct ErrorValue {
        const char *key;
        const char *text;
        int64_t number;
} ErrorValue;

/* NULL is shown as an empty text. */
static inline ErrorValue error_text(const char *key, const char *text) {
        return (ErrorValue) { .key = key, .text = text ? text : "" };
}

static inline ErrorValue error_number(const char *key, int64_t number) {
        return (ErrorValue) { .key = key, .number = number };
}

/* One object of an error's details, in the order in which it is shown. */
typedef struct ErrorRecord {
        const ErrorValue *values;
        size_t n_values;
} ErrorRecord;

/* One field that is wrong: its path as the caller wrote it (`items[0].quantity`), and what to do about it. */
typedef struct FieldViolation {
        const char *field;
        const char *description;
} FieldViolation;

typedef struct Error Error;
struct Error {
        ErrorCode code;
        const char *reason;  /* NULL: internal, never shown */
        const char *message; /* one sentence, no full stop */
        const ErrorRecord *records;
        size_t n_records;
        const FieldViolation *violations;
        size_t n_violations;
        int64_t retry_after_ms; /* 0: says nothing about when to try again */
        bool is_final;          /* internal, and the same input meets it again however often it is tried */
        const Error *cause;     /* may be NULL */
        const char *file;       /* where it was made */
        int line;
};

#define MUST_CHECK __attribute__((warn_unused_result))

/* Returns early with the error of a call; the only macro that hides a return. */
#define TRY(expr)                                                                                            \
        do {                                                                                                 \
                const Error *try_error_ = (expr);                                                            \
                if (__builtin_expect(try_error_ != NULL, 0))                                                 \
                        return try_error_;                                                                   \
        } while (0)

/* Makes an error with a documented reason; the format and its arguments make the message. */
#define error_new(arena, code, reason, ...)                                                                  \
        error_make((arena), __FILE__, __LINE__, (code), (reason), NULL, __VA_ARGS__)

/* Makes an internal error; cause may be NULL. */
#define error_internal(arena, cause, ...)                                                                    \
        error_make((arena), __FILE__, __LINE__, ERROR_INTERNAL, NULL, (cause), __VA_ARGS__)

/* Makes an error with a documented reason on top of what went wrong below. */
#define error_wrap(arena, code, reason, cause, ...)                                                          \
        error_make((arena), __FILE__, __LINE__, (code), (reason), (cause), __VA_ARGS__)

/*
 * Makes the INVALID_REQUEST of one field, whose text must live as long as the error; the format and its
 * arguments say what is wrong with it and what to do ("must be between 1 and 9, got 0").
 */
#define error_invalid(arena, field, ...)                                                                     \
        error_make_invalid((arena), __FILE__, __LINE__, (field), __VA_ARGS__)

Error *error_make(Arena *arena, const char *file, int line, ErrorCode code, const char *reason,
                  const Error *cause, const char *format, ...)
        __attribute__((format(printf, 7, 8), returns_nonnull));

Error *error_make_invalid(Arena *arena, const char *file, int line, const char *field, const char *format,
                          ...)
        __attribute__((format(printf, 5, 6), returns_nonnull));

/*
 * Copies error and everything it points to into arena, for errors that outlive the arena they were made in.
 */
const Error *error_copy(Arena *arena, const Error *error) __attribute__((returns_nonnull));

/* Adds one object to the details; the values are copied into arena, their texts are not. */
void error_add_record(Arena *arena, Error *error, const ErrorValue *values, size_t n_values);

/* The same of values that stand there: ERROR_ADD_RECORD(arena, error, error_text("sku", sku)). */
#define ERROR_ADD_RECORD(arena, error, ...)                                                                  \
        error_add_record((arena), (error), (const ErrorValue[]) { __VA_ARGS__ },                             \
                         sizeof((const ErrorValue[]) { __VA_ARGS__ }) / sizeof(ErrorValue))

/* Adds one wrong field; the texts must live as long as the error. */
void error_add_violation(Arena *arena, Error *error, const char *field, const char *description);

/* True when error is not NULL and has that reason. */
bool error_is(const Error *error, const char *reason);

/* True for a failure that the same call may survive a moment later: UNAVAILABLE, OVERLOADED, a deadline. */
bool error_is_transient(const Error *error);

/*
 * True for an internal error that the same input meets again however often it is tried: values that the
 * database refuses. Whatever else fails may succeed another time, or has a reason that says what it is (as a
 * fence has).
 */
bool error_is_final(const Error *error);

/* True when doing the same again later may succeed: it is transient, or done without our knowing it. */
bool error_may_pass(const Error *error);

/* The code's name as gRPC spells it ("FAILED_PRECONDITION"). */
const char *error_code_name(ErrorCode code) __attribute__((returns_nonnull));
