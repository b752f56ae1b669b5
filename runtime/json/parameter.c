#include <string.h>

#include "json/codec.h"
#include "json/scalar_private.h"
#include "proto/violations.h"

static const char *set(Arena *arena, const FieldInfo *info, ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, const Scalar *scalar) {
        FieldValue value;

        if (!str_is_utf8(scalar->text, scalar->n_bytes))
                return "must be UTF-8 text";
        const char *problem = json_scalar_read(arena, info, field, scalar, &value);
        if (!problem)
                proto_field_put(arena, message, field, value);
        return problem;
}

const Error *json_set_scalar(Arena *arena, const MessageInfo *info, ProtobufCMessage *message,
                             const char *field, const char *text) {
        Scalar scalar = { SCALAR_PARAMETER, text, strlen(text) };
        Violations violations = { .arena = arena };
        unsigned index = proto_field_find(info, field, strlen(field), 0);
        const char *problem = "is not a field of this request";

        if (index != FIELD_NONE) {
                problem =
                        set(arena, &info->fields[index], message, &info->descriptor->fields[index], &scalar);
                field = info->fields[index].json_name;
        }
        if (problem)
                proto_violations_addf(&violations, &(FieldPath) { .name = field }, "%s", problem);
        return proto_violations_error(&violations);
}
