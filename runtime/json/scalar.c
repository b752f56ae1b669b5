#include "json/scalar_private.h"

#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "json/rfc3339_private.h"
#include "proto/known.h"

/* The numbers that a type holds. */
typedef struct IntegerType {
        int64_t min;
        uint64_t max;
} IntegerType;

static IntegerType integer_type(ProtobufCType type) {
        switch (type) {
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return (IntegerType) { 0, UINT32_MAX };
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return (IntegerType) { 0, UINT64_MAX };
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                return (IntegerType) { INT64_MIN, INT64_MAX };
        default:
                return (IntegerType) { INT32_MIN, INT32_MAX };
        }
}

/* False unless it is digits with at most a minus before them. */
static bool is_whole_number(const Scalar *scalar) {
        size_t start = scalar->n_bytes > 0 && scalar->text[0] == '-';

        for (size_t i = start; i < scalar->n_bytes; i++)
                if (scalar->text[i] < '0' || scalar->text[i] > '9')
                        return false;
        return scalar->n_bytes > start;
}

/* Stops before a long number overflows: what is beyond 64 bits fits no type. */
static __int128 read_digits(const Scalar *scalar) {
        const __int128 too_large = (__int128) UINT64_MAX + 1;
        bool is_negative = scalar->text[0] == '-';
        __int128 number = 0;

        for (size_t i = is_negative; i < scalar->n_bytes && number < too_large; i++)
                number = number * 10 + (scalar->text[i] - '0');
        return is_negative ? -number : number;
}

static const char *read_integer(Arena *arena, ProtobufCType type, const Scalar *scalar,
                                FieldValue *ret_value) {
        IntegerType limits = integer_type(type);

        if (scalar->kind == SCALAR_BOOL || !is_whole_number(scalar))
                return "must be a whole number";
        __int128 number = read_digits(scalar);
        if (number < limits.min || number > limits.max)
                return arena_printf(arena, "must be between %" PRId64 " and %" PRIu64, limits.min,
                                    limits.max);
        *ret_value = (FieldValue) { .uint64 = (uint64_t) number };
        return NULL;
}

static bool is_text(const Scalar *scalar) {
        return scalar->kind == SCALAR_STRING || scalar->kind == SCALAR_PARAMETER;
}

static bool is_word(const Scalar *scalar, const char *word) {
        return scalar->n_bytes == strlen(word) && memcmp(scalar->text, word, scalar->n_bytes) == 0;
}

static bool read_bool(const Scalar *scalar, FieldValue *ret_value) {
        bool is_true = is_word(scalar, "true");

        if (scalar->kind == SCALAR_STRING || (!is_true && !is_word(scalar, "false")))
                return false;
        *ret_value = (FieldValue) { .boolean = is_true };
        return true;
}

static bool read_text(Arena *arena, const Scalar *scalar, FieldValue *ret_value) {
        if (!is_text(scalar))
                return false;
        *ret_value = (FieldValue) { .text = arena_strndup(arena, scalar->text, scalar->n_bytes) };
        return true;
}

static bool read_bytes(Arena *arena, const Scalar *scalar, FieldValue *ret_value) {
        Bytes bytes;

        if (!is_text(scalar) || !base64_read(arena, scalar->text, scalar->n_bytes, &bytes))
                return false;
        *ret_value = (FieldValue) { .bytes = { .data = (uint8_t *) bytes.data, .len = bytes.n_bytes } };
        return true;
}

static bool read_enum(const FieldInfo *info, const ProtobufCFieldDescriptor *field, const Scalar *scalar,
                      FieldValue *ret_value) {
        const ProtobufCEnumDescriptor *descriptor = field->descriptor;

        if (!is_text(scalar))
                return false;
        for (unsigned i = 0; i < descriptor->n_values; i++) {
                const ProtobufCEnumValue *value = &descriptor->values[i];

                if (!is_word(scalar, proto_field_enum_name(info, value)) && !is_word(scalar, value->name))
                        continue;
                *ret_value = (FieldValue) { .int32 = value->value };
                return true;
        }
        return false;
}

static bool read_message(Arena *arena, const FieldInfo *info, const Scalar *scalar, FieldValue *ret_value) {
        Timestamp time;

        if (info->message->kind != MESSAGE_TIMESTAMP || !is_text(scalar) ||
            !json_rfc3339_read(scalar->text, scalar->n_bytes, &time))
                return false;
        *ret_value = (FieldValue) { .message = proto_known_new_timestamp(arena, info->message, time) };
        return true;
}

static const char *message_expectation(const MessageInfo *info) {
        switch (info->kind) {
        case MESSAGE_MONEY:
                return "must be an object like {\"minor\": 24999, \"currency\": \"USD\"}";
        case MESSAGE_TIMESTAMP:
                return "must be a time like 2024-08-10T14:30:00Z";
        default:
                return "must be an object";
        }
}

const char *json_scalar_expectation(Arena *arena, const FieldInfo *info,
                                    const ProtobufCFieldDescriptor *field) {
        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return "must be a text";
        case PROTOBUF_C_TYPE_BYTES:
                return "must be base64 text";
        case PROTOBUF_C_TYPE_BOOL:
                return "must be true or false";
        case PROTOBUF_C_TYPE_ENUM:
                return arena_printf(arena, "must be one of %s", proto_field_enum_choices(arena, info, field));
        case PROTOBUF_C_TYPE_MESSAGE:
                return message_expectation(info->message);
        default:
                return "must be a whole number";
        }
}

static bool read_other(Arena *arena, const FieldInfo *info, const ProtobufCFieldDescriptor *field,
                       const Scalar *scalar, FieldValue *ret_value) {
        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                return read_text(arena, scalar, ret_value);
        case PROTOBUF_C_TYPE_BYTES:
                return read_bytes(arena, scalar, ret_value);
        case PROTOBUF_C_TYPE_BOOL:
                return read_bool(scalar, ret_value);
        case PROTOBUF_C_TYPE_ENUM:
                return read_enum(info, field, scalar, ret_value);
        case PROTOBUF_C_TYPE_MESSAGE:
                return read_message(arena, info, scalar, ret_value);
        default:
                proto_field_unsupported(field);
        }
}

const char *json_scalar_read(Arena *arena, const FieldInfo *info, const ProtobufCFieldDescriptor *field,
                             const Scalar *scalar, FieldValue *ret_value) {
        if (proto_field_is_integer(field->type))
                return read_integer(arena, field->type, scalar, ret_value);
        return read_other(arena, info, field, scalar, ret_value)
                       ? NULL
                       : json_scalar_expectation(arena, info, field);
}
