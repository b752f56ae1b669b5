/* Turns one JSON value that is no object or list, or the text of a URL's parameter, into a field's value. */
#pragma once

#include "proto/field.h"

typedef enum ScalarKind {
        SCALAR_STRING,
        SCALAR_NUMBER,
        SCALAR_BOOL,
        SCALAR_PARAMETER, /* any of these, as the field wants it */
} ScalarKind;

/* As it was written; not terminated, valid UTF-8. */
typedef struct Scalar {
        ScalarKind kind;
        const char *text;
        size_t n_bytes;
} Scalar;

/*
 * Reads it as what one value of the field is.
 *
 * Returns NULL, or what is wrong with it ("must be a whole number"), in arena or static.
 */
const char *json_scalar_read(Arena *arena, const FieldInfo *info, const ProtobufCFieldDescriptor *field,
                             const Scalar *scalar, FieldValue *ret_value) MUST_CHECK;

/* What one value of the field must be ("must be a text"), in arena or static. */
const char *json_scalar_expectation(Arena *arena, const FieldInfo *info,
                                    const ProtobufCFieldDescriptor *field);
