#include <inttypes.h>
#include <string.h>

#include "base/card.h"
#include "proto/field.h"
#include "proto/known.h"
#include "proto/violations.h"

/* A number that has as many digits as a card number is not told back. */
#define SHORTEST_CARD_NUMBER INT64_C(1000000000000)

static void check_size(Violations *violations, const FieldPath *path, const FieldInfo *info, size_t n_bytes) {
        uint32_t max_bytes = info->max_bytes > 0 ? info->max_bytes : MESSAGE_MAX_STRING_BYTES;

        if (n_bytes > max_bytes)
                proto_violations_addf(violations, path, "has %zu bytes, at most %" PRIu32 " are allowed",
                                      n_bytes, max_bytes);
}

/* What nobody sees, and a letter that looks like another alphabet's, would make two ids of one. */
static bool is_visible_ascii(const char *text) {
        for (const char *at = text; *at; at++)
                if (*at <= ' ' || *at > '~')
                        return false;
        return *text != '\0';
}

static void check_text(Violations *violations, const FieldPath *path, const FieldInfo *info,
                       const char *text) {
        StrBuf choices = { .arena = violations->arena };

        check_size(violations, path, info, strlen(text));
        if (info->required && str_is_blank(text))
                proto_violations_addf(violations, path, "must not be blank");
        else if (info->is_new_id && !is_visible_ascii(text))
                proto_violations_addf(violations, path,
                                      "must be of visible ASCII characters alone, without blanks");
        if (!info->allowed) {
                if (!info->is_id && card_number_in(text))
                        proto_violations_addf(violations, path, "looks like a card number");
                return;
        }
        for (const char *const *allowed = info->allowed; *allowed; allowed++)
                if (str_equal(text, *allowed))
                        return;
        for (const char *const *allowed = info->allowed; *allowed; allowed++)
                strbuf_addf(&choices, "%s%s", choices.n_bytes > 0 ? ", " : "", *allowed);
        proto_violations_addf(violations, path, "must be one of %s", strbuf_text(&choices));
}

static void check_range(Violations *violations, const FieldPath *path, const FieldInfo *info,
                        __int128 number) {
        if (!info->has_range || (number >= info->min && number <= info->max))
                return;
        if (number > -SHORTEST_CARD_NUMBER && number < SHORTEST_CARD_NUMBER)
                proto_violations_addf(violations, path,
                                      "must be between %" PRId64 " and %" PRId64 ", got %" PRId64, info->min,
                                      info->max, (int64_t) number);
        else
                proto_violations_addf(violations, path, "must be between %" PRId64 " and %" PRId64, info->min,
                                      info->max);
}

static void check_enum(Violations *violations, const FieldPath *path, const FieldInfo *info,
                       const ProtobufCFieldDescriptor *field, int value) {
        if (protobuf_c_enum_descriptor_get_value(field->descriptor, value))
                return;
        proto_violations_addf(violations, path, "must be one of %s, got %d",
                              proto_field_enum_choices(violations->arena, info, field), value);
}

static void check_message(Violations *violations, const FieldPath *path, const MessageInfo *info,
                          const ProtobufCMessage *message, size_t depth);

static void check_submessage(Violations *violations, const FieldPath *path, const MessageInfo *info,
                             const ProtobufCMessage *message, size_t depth) {
        const char *currency;
        int64_t minor;
        Timestamp time = { 0 };

        if (depth > MESSAGE_MAX_DEPTH)
                proto_violations_addf(violations, path, "is nested more than %d levels deep",
                                      MESSAGE_MAX_DEPTH);
        else if (info->kind == MESSAGE_MONEY && !proto_known_get_money(message, &minor, &currency))
                proto_violations_addf(violations, path, "must have the code of a known currency");
        else if (info->kind == MESSAGE_TIMESTAMP &&
                 (!proto_known_get_timestamp(message, &time) || time.seconds < MESSAGE_MIN_TIME_S))
                proto_violations_addf(violations, path,
                                      "must be a time from 1970-01-01T00:00:01Z to the end of 9999");
        else
                check_message(violations, path, info, message, depth);
}

static void check_value(Violations *violations, const FieldPath *path, const FieldInfo *info,
                        const ProtobufCFieldDescriptor *field, FieldValue value, size_t depth) {
        if (proto_field_is_integer(field->type))
                check_range(violations, path, info, proto_field_integer(field->type, value));
        else if (field->type == PROTOBUF_C_TYPE_STRING)
                check_text(violations, path, info, value.text);
        else if (field->type == PROTOBUF_C_TYPE_BYTES)
                check_size(violations, path, info, value.bytes.len);
        else if (field->type == PROTOBUF_C_TYPE_ENUM)
                check_enum(violations, path, info, field, value.int32);
        else if (field->type == PROTOBUF_C_TYPE_MESSAGE)
                check_submessage(violations, path, info->message, value.message, depth + 1);
}

static void check_list(Violations *violations, const FieldPath *path, const FieldInfo *info,
                       const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message, size_t depth) {
        size_t n = proto_field_count(message, field);

        if (info->max_items > 0 && n > info->max_items) {
                proto_violations_addf(violations, path, "has %zu items, at most %" PRIu32 " are allowed", n,
                                      info->max_items);
                return;
        }
        for (size_t i = 0; i < n; i++) {
                FieldPath item = { .parent = path, .index = i };

                check_value(violations, &item, info, field, proto_field_item(message, field, i), depth);
        }
}

/* A number has no absent value, so its range is also asked of 0. */
static void check_field(Violations *violations, const FieldPath *path, const FieldInfo *info,
                        const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message,
                        size_t depth) {
        bool is_number =
                proto_field_is_integer(field->type) && !field_is_list(field) && !field_is_in_oneof(field);

        if (!proto_field_is_set(message, field) && !is_number) {
                if (info->required)
                        proto_violations_addf(violations, path, "is required");
        } else if (field_is_list(field))
                check_list(violations, path, info, field, message, depth);
        else
                check_value(violations, path, info, field, proto_field_get(message, field), depth);
}

static void check_message(Violations *violations, const FieldPath *path, const MessageInfo *info,
                          const ProtobufCMessage *message, size_t depth) {
        for (unsigned i = 0; i < info->descriptor->n_fields; i++) {
                FieldPath member = { .parent = path, .name = info->fields[i].json_name };

                check_field(violations, &member, &info->fields[i], &info->descriptor->fields[i], message,
                            depth);
        }
}

const Error *proto_message_validate(Arena *arena, const MessageInfo *info, const ProtobufCMessage *message) {
        Violations violations = { .arena = arena };

        check_message(&violations, NULL, info, message, 1);
        return proto_violations_error(&violations);
}

/* ---- fields that are not known ---- */

static void find_unknown(Violations *violations, const FieldPath *path, const MessageInfo *info,
                         const ProtobufCMessage *message);

static void find_below(Violations *violations, const FieldPath *path, const FieldInfo *info,
                       const ProtobufCFieldDescriptor *field, const ProtobufCMessage *message) {
        if (!field_is_list(field)) {
                find_unknown(violations, path, info->message, proto_field_get(message, field).message);
                return;
        }
        for (size_t i = 0; i < proto_field_count(message, field); i++) {
                FieldPath item = { .parent = path, .index = i };

                find_unknown(violations, &item, info->message, proto_field_item(message, field, i).message);
        }
}

/* No deeper than MESSAGE_MAX_DEPTH: a message was unpacked before. */
static void find_unknown(Violations *violations, const FieldPath *path, const MessageInfo *info,
                         const ProtobufCMessage *message) {
        for (unsigned i = 0; i < message->n_unknown_fields; i++) {
                FieldPath member = { .parent = path,
                                     .name = arena_printf(violations->arena, "%" PRIu32,
                                                          message->unknown_fields[i].tag) };

                proto_violations_addf(violations, &member, "is not a field of this request");
        }
        for (unsigned i = 0; i < info->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &info->descriptor->fields[i];
                FieldPath member = { .parent = path, .name = info->fields[i].json_name };

                if (field->type == PROTOBUF_C_TYPE_MESSAGE && proto_field_is_set(message, field))
                        find_below(violations, &member, &info->fields[i], field, message);
        }
}

const Error *proto_message_refuse_unknown(Arena *arena, const MessageInfo *info,
                                          const ProtobufCMessage *message) {
        Violations violations = { .arena = arena };

        find_unknown(&violations, NULL, info, message);
        return proto_violations_error(&violations);
}
