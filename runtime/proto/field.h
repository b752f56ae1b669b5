/* Reaches the fields of any proto3 message through its descriptor; float and double are not supported. */
#pragma once

#include <limits.h>

#include "proto/message.h"

/* One value of a field or of an item of a list, as it stands in the generated struct. */
typedef union FieldValue {
        ProtobufCBinaryData bytes; /* first, because it is the largest: { 0 } clears all */
        int32_t int32;             /* also of an enum */
        uint32_t uint32;
        int64_t int64;
        uint64_t uint64;
        protobuf_c_boolean boolean;
        const char *text;
        ProtobufCMessage *message;
} FieldValue;

#define FIELD_NONE UINT_MAX

static inline bool field_is_list(const ProtobufCFieldDescriptor *field) {
        return field->label == PROTOBUF_C_LABEL_REPEATED;
}

static inline bool field_is_in_oneof(const ProtobufCFieldDescriptor *field) {
        return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

/* The index of the field with that proto or JSON name, or FIELD_NONE; looks at index `hint` first. */
unsigned proto_field_find(const MessageInfo *info, const char *name, size_t n_bytes, unsigned hint);

/* The same for a name that a table of ours gives: it must exist. */
unsigned proto_field_index(const MessageInfo *info, const char *name);

/* The field of a well-known message ("seconds"), which must exist. */
const ProtobufCFieldDescriptor *proto_field_named(const ProtobufCMessageDescriptor *descriptor,
                                                  const char *name);

/* The number of the oneof's member that is set, 0 for none. */
uint32_t proto_field_oneof_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* False for an empty text or list, zero, no message, and for a oneof's member that is not the chosen one. */
bool proto_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

size_t proto_field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *list);

/* The value; a text is never NULL. */
FieldValue proto_field_item(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *list,
                            size_t index);
FieldValue proto_field_get(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/*
 * Sets a field, or adds an item to a list; in a oneof it becomes the chosen member.
 *
 * message      a list in it was made by this function only, and in this arena
 */
void proto_field_put(Arena *arena, ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                     FieldValue value);

/* The bit of a field in a set of its message's fields. */
uint64_t proto_field_bit(const ProtobufCMessageDescriptor *descriptor, unsigned index);

/* "CONFIRMED, SHIPPED": an enum's names as JSON writes them, without the unspecified zero; in arena. */
const char *proto_field_enum_choices(Arena *arena, const FieldInfo *info,
                                     const ProtobufCFieldDescriptor *field);

/* An enum value's name without the field's prefix. */
const char *proto_field_enum_name(const FieldInfo *info, const ProtobufCEnumValue *value);

/* True for the ten integer types; bool and enum are none. */
bool proto_field_is_integer(ProtobufCType type);

/* The number, whatever its integer type. */
__int128 proto_field_integer(ProtobufCType type, FieldValue value);

/* Aborts: a proto of ours uses what the runtime does not support. */
void proto_field_unsupported(const ProtobufCFieldDescriptor *field) __attribute__((noreturn));
