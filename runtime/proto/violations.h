/* Gathers what is wrong with the fields of a message, each with its path, into one INVALID_REQUEST. */
#pragma once

#include "base/error.h"

/* One step of a path: a member's name, or NULL and an item's index. Frames of a walk link their own. */
typedef struct FieldPath {
        const struct FieldPath *parent;
        const char *name;
        size_t index;
} FieldPath;

/* Starts as { .arena = arena }. */
typedef struct Violations {
        Arena *arena;
        Error *error;
        size_t n; /* also counts those beyond MESSAGE_MAX_VIOLATIONS */
} Violations;

/* "items[3].quantity", in arena. */
const char *proto_field_path_text(Arena *arena, const FieldPath *path);

/*
 * Adds one; the format and its arguments say what is wrong and what to do ("must be between 1 and 9, got 0").
 */
void proto_violations_addf(Violations *violations, const FieldPath *path, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/*
 * NULL when there are none.
 *
 * errors       INVALID_REQUEST; its message is the first violation and how many more there are
 */
const Error *proto_violations_error(Violations *violations) MUST_CHECK;
