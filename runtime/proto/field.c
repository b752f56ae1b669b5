#include "proto/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_name(const char *candidate, const char *name, size_t n_bytes) {
        return strncmp(candidate, name, n_bytes) == 0 && candidate[n_bytes] == '\0';
}

unsigned proto_field_find(const MessageInfo *info, const char *name, size_t n_bytes, unsigned hint) {
        unsigned n_fields = info->descriptor->n_fields;

        for (unsigned i = 0; i < n_fields; i++) {
                unsigned index = (hint + i) % n_fields;

                if (is_name(info->fields[index].json_name, name, n_bytes) ||
                    is_name(info->descriptor->fields[index].name, name, n_bytes))
                        return index;
        }
        return FIELD_NONE;
}

static void __attribute__((noreturn)) no_field(const ProtobufCMessageDescriptor *of, const char *name) {
        fprintf(stderr, "%s has no field %s\n", of->name, name);
        abort();
}

unsigned proto_field_index(const MessageInfo *info, const char *name) {
        unsigned index = proto_field_find(info, name, strlen(name), 0);

        if (index == FIELD_NONE)
                no_field(info->descriptor, name);
        return index;
}

const ProtobufCFieldDescriptor *proto_field_named(const ProtobufCMessageDescriptor *descriptor,
                                                  const char *name) {
        const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field_by_name(descriptor, name);

        if (!field)
                no_field(descriptor, name);
        return field;
}

void proto_field_unsupported(const ProtobufCFieldDescriptor *field) {
        fprintf(stderr, "field %s: type %d is not supported in a message\n", field->name, (int) field->type);
        abort();
}

static size_t value_bytes(const ProtobufCFieldDescriptor *field) {
        switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
        case PROTOBUF_C_TYPE_ENUM:
                return sizeof(int32_t);
        case PROTOBUF_C_TYPE_BOOL:
                return sizeof(protobuf_c_boolean);
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return sizeof(int64_t);
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_MESSAGE:
                return sizeof(void *);
        case PROTOBUF_C_TYPE_BYTES:
                return sizeof(ProtobufCBinaryData);
        default:
                proto_field_unsupported(field);
        }
}

static const void *at_offset(const ProtobufCMessage *message, unsigned offset) {
        return (const char *) message + offset;
}

static FieldValue load(const ProtobufCFieldDescriptor *field, const void *slot) {
        FieldValue value = { 0 };

        memcpy(&value, slot, value_bytes(field));
        if (field->type == PROTOBUF_C_TYPE_STRING && !value.text)
                value.text = "";
        return value;
}

uint32_t proto_field_oneof_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
        return *(const uint32_t *) at_offset(message, field->quantifier_offset);
}

size_t proto_field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *list) {
        return *(const size_t *) at_offset(message, list->quantifier_offset);
}

FieldValue proto_field_item(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *list,
                            size_t index) {
        const char *items = *(char *const *) at_offset(message, list->offset);

        return load(list, items + index * value_bytes(list));
}

FieldValue proto_field_get(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
        return load(field, at_offset(message, field->offset));
}

bool proto_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field) {
        if (field_is_list(field))
                return proto_field_count(message, field) > 0;
        FieldValue value = proto_field_get(message, field);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE && !value.message)
                return false;
        if (field_is_in_oneof(field))
                return proto_field_oneof_case(message, field) == field->id;
        if (field->type == PROTOBUF_C_TYPE_STRING)
                return *value.text != '\0';
        if (field->type == PROTOBUF_C_TYPE_BYTES)
                return value.bytes.len > 0;
        return value.uint64 != 0;
}

/* Capacity is not stored: it is the power of two that holds the items, so only such a length is full. */
static void *append(Arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *list) {
        size_t *n = (size_t *) ((char *) message + list->quantifier_offset);
        char **items = (char **) ((char *) message + list->offset);
        size_t item_bytes = value_bytes(list);

        if ((*n & (*n - 1)) == 0) {
                char *larger = arena_alloc_array(arena, *n > 0 ? *n * 2 : 1, item_bytes);

                if (*n > 0)
                        memcpy(larger, *items, *n * item_bytes);
                *items = larger;
        }
        return *items + (*n)++ * item_bytes;
}

void proto_field_put(Arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                     FieldValue value) {
        void *slot = (char *) message + field->offset;

        if (field_is_list(field))
                slot = append(arena, message, field);
        else if (field_is_in_oneof(field))
                memcpy((char *) message + field->quantifier_offset, &field->id, sizeof(field->id));
        memcpy(slot, &value, value_bytes(field));
}

uint64_t proto_field_bit(const ProtobufCMessageDescriptor *descriptor, unsigned index) {
        if (index >= MESSAGE_MAX_FIELDS) {
                fprintf(stderr, "%s has more than %d fields\n", descriptor->name, MESSAGE_MAX_FIELDS);
                abort();
        }
        return UINT64_C(1) << index;
}

const char *proto_field_enum_name(const FieldInfo *info, const ProtobufCEnumValue *value) {
        bool has_prefix = info->enum_prefix && str_starts_with(value->name, info->enum_prefix);

        return has_prefix ? value->name + strlen(info->enum_prefix) : value->name;
}

const char *proto_field_enum_choices(Arena *arena, const FieldInfo *info,
                                     const ProtobufCFieldDescriptor *field) {
        const ProtobufCEnumDescriptor *descriptor = field->descriptor;
        StrBuf choices = { .arena = arena };

        for (unsigned i = 0; i < descriptor->n_values; i++) {
                const ProtobufCEnumValue *value = &descriptor->values[i];

                if (value->value != 0)
                        strbuf_addf(&choices, "%s%s", choices.n_bytes > 0 ? ", " : "",
                                    proto_field_enum_name(info, value));
        }
        return strbuf_text(&choices);
}

bool proto_field_is_integer(ProtobufCType type) {
        return type <= PROTOBUF_C_TYPE_FIXED64;
}

__int128 proto_field_integer(ProtobufCType type, FieldValue value) {
        switch (type) {
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
                return value.uint32;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
                return value.uint64;
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
                return value.int64;
        default:
                return value.int32;
        }
}
