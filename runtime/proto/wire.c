#include "proto/wire_private.h"

#include "proto/field.h"

/* A number needs more bytes than these only when it is overlong or does not fit. */
#define TAG_MAX_BYTES 5
#define LENGTH_MAX_BYTES 5
#define VARINT_MAX_BYTES 10

#define TAG_MAX_NUMBER ((1u << 29) - 1)

/* What is left of a message. */
typedef struct Cursor {
        Arena *arena;
        const ProtobufCMessageDescriptor *descriptor;
        const uint8_t *at, *end;
        size_t depth;
        uint64_t seen; /* bit per index of a message field that has come */
} Cursor;

/* One field as it stands in the bytes. */
typedef struct WireField {
        uint32_t number;
        ProtobufCWireType wire_type;
        Bytes value; /* of a length-prefixed one: without the prefix */
} WireField;

static const Error *malformed(const Cursor *cursor, const char *what) {
        return error_new(cursor->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                         "the bytes of a %s are not well-formed: %s", cursor->descriptor->name, what);
}

static const Error *malformed_field(const Cursor *cursor, const ProtobufCFieldDescriptor *field,
                                    const char *what) {
        return error_new(cursor->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST, "%s of %s %s",
                         field->name, cursor->descriptor->name, what);
}

/* False when it does not end within max_bytes or the message, or does not fit 64 bits. */
static bool read_varint(Cursor *cursor, size_t max_bytes, uint64_t *ret_number) {
        uint64_t number = 0;

        for (size_t i = 0; i < max_bytes && cursor->at < cursor->end; i++) {
                uint8_t byte = *cursor->at++;

                if (i == VARINT_MAX_BYTES - 1 && byte > 1)
                        return false;
                number |= (uint64_t) (byte & 0x7F) << (7 * i);
                if (byte < 0x80) {
                        *ret_number = number;
                        return true;
                }
        }
        return false;
}

static const Error *read_value(Cursor *cursor, WireField *field) {
        const uint8_t *start = cursor->at;
        uint64_t n_bytes = 0, number;

        switch (field->wire_type) {
        case PROTOBUF_C_WIRE_TYPE_VARINT:
                if (!read_varint(cursor, VARINT_MAX_BYTES, &number))
                        return malformed(cursor, "a number does not end or does not fit");
                field->value = (Bytes) { start, (size_t) (cursor->at - start) };
                return NULL;
        case PROTOBUF_C_WIRE_TYPE_64BIT:
                n_bytes = 8;
                break;
        case PROTOBUF_C_WIRE_TYPE_32BIT:
                n_bytes = 4;
                break;
        case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
                if (!read_varint(cursor, LENGTH_MAX_BYTES, &n_bytes))
                        return malformed(cursor, "a length does not end or does not fit");
                break;
        default:
                return malformed(cursor, "groups are not supported");
        }
        if (n_bytes > (uint64_t) (cursor->end - cursor->at))
                return malformed(cursor, "a field is longer than what is left");
        field->value = (Bytes) { cursor->at, (size_t) n_bytes };
        cursor->at += n_bytes;
        return NULL;
}

static const Error *read_field(Cursor *cursor, WireField *ret_field) {
        uint64_t tag;

        if (!read_varint(cursor, TAG_MAX_BYTES, &tag))
                return malformed(cursor, "a tag does not end");
        if (tag >> 3 == 0 || tag >> 3 > TAG_MAX_NUMBER)
                return malformed(cursor, "a field number is out of range");
        ret_field->number = (uint32_t) (tag >> 3);
        ret_field->wire_type = (ProtobufCWireType) (tag & 7);
        return read_value(cursor, ret_field);
}

static ProtobufCWireType wire_type_of(ProtobufCType type) {
        switch (type) {
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_FLOAT:
                return PROTOBUF_C_WIRE_TYPE_32BIT;
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
                return PROTOBUF_C_WIRE_TYPE_64BIT;
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_MESSAGE:
                return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        default:
                return PROTOBUF_C_WIRE_TYPE_VARINT;
        }
}

static uint64_t varint_of(Bytes value) {
        uint64_t number = 0;

        for (size_t i = 0; i < value.n_bytes; i++)
                number |= (uint64_t) (value.data[i] & 0x7F) << (7 * i);
        return number;
}

/* protobuf-c would cut what is too large down to 32 bits: 4294967297 would be the enum's value 1. */
static bool fits(ProtobufCType type, Bytes value) {
        switch (type) {
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_SINT32:
                return varint_of(value) <= UINT32_MAX;
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_ENUM:
                return varint_of(value) + UINT64_C(0x80000000) <= UINT32_MAX;
        default:
                return true;
        }
}

static const Error *check_packed(const Cursor *cursor, const ProtobufCFieldDescriptor *field, Bytes values) {
        Cursor items = *cursor;
        WireField item = { .wire_type = wire_type_of(field->type) };

        items.at = values.data;
        items.end = values.data + values.n_bytes;
        while (items.at < items.end) {
                TRY(read_value(&items, &item));
                if (!fits(field->type, item.value))
                        return malformed_field(cursor, field, "does not fit 32 bits");
                if (field->type == PROTOBUF_C_TYPE_BOOL && item.value.data[0] > 1)
                        return malformed_field(cursor, field, "must be 0 or 1");
        }
        return NULL;
}

static const Error *check_message(const Cursor *parent, const ProtobufCMessageDescriptor *descriptor,
                                  Bytes bytes);

static const Error *check_submessage(Cursor *cursor, const ProtobufCFieldDescriptor *field, Bytes bytes) {
        uint64_t bit = proto_field_bit(cursor->descriptor, (unsigned) (field - cursor->descriptor->fields));

        if (cursor->depth == MESSAGE_MAX_DEPTH)
                return malformed_field(cursor, field, "is nested too deeply");
        if (!field_is_list(field) && cursor->seen & bit)
                return malformed_field(cursor, field, "comes twice");
        cursor->seen |= bit;
        return check_message(cursor, field->descriptor, bytes);
}

static const Error *check_field(Cursor *cursor, const ProtobufCFieldDescriptor *field,
                                const WireField *wire) {
        ProtobufCWireType expected = wire_type_of(field->type);

        if (wire->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && expected != wire->wire_type &&
            field_is_list(field))
                return check_packed(cursor, field, wire->value);
        if (wire->wire_type != expected)
                return malformed_field(cursor, field, "has another wire type");
        if (!fits(field->type, wire->value))
                return malformed_field(cursor, field, "does not fit 32 bits");
        if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                return check_submessage(cursor, field, wire->value);
        if (field->type == PROTOBUF_C_TYPE_STRING &&
            !str_is_utf8((const char *) wire->value.data, wire->value.n_bytes))
                return malformed_field(cursor, field, "must be UTF-8 text without NUL");
        return NULL;
}

static const Error *check_message(const Cursor *parent, const ProtobufCMessageDescriptor *descriptor,
                                  Bytes bytes) {
        Cursor cursor = {
                .arena = parent->arena,
                .descriptor = descriptor,
                .at = bytes.data,
                .end = bytes.data + bytes.n_bytes,
                .depth = parent->depth + 1,
        };

        while (cursor.at < cursor.end) {
                WireField wire;
                const ProtobufCFieldDescriptor *field;

                TRY(read_field(&cursor, &wire));
                field = protobuf_c_message_descriptor_get_field(descriptor, wire.number);
                if (field)
                        TRY(check_field(&cursor, field, &wire));
        }
        return NULL;
}

const Error *proto_wire_check(Arena *arena, const ProtobufCMessageDescriptor *descriptor, Bytes bytes) {
        return check_message(&(Cursor) { .arena = arena }, descriptor, bytes);
}
