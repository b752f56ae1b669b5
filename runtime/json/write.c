#include <string.h>

#include "base/money.h"
#include "base/base64.h"
#include "json/codec.h"
#include "json/rfc3339_private.h"
#include "proto/field.h"
#include "proto/known.h"

#define UINT64_MAX_DIGITS 20

/* True for bytes that a JSON string must escape. */
static bool is_special(unsigned char c) {
        return c < 0x20 || c == '"' || c == '\\';
}

static void add_escape(StrBuf *out, unsigned char c) {
        static const char hex[] = "0123456789abcdef";

        if (c >= 0x20)
                strbuf_add_bytes(out, (char[]) { '\\', (char) c }, 2);
        else
                strbuf_add_bytes(out, (char[]) { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

/* Bytes that need no escape are copied in runs. */
void json_add_string(StrBuf *out, const char *text) {
        const char *run = text;

        strbuf_add_char(out, '"');
        for (; *text; text++) {
                if (!is_special((unsigned char) *text))
                        continue;
                strbuf_add_bytes(out, run, (size_t) (text - run));
                add_escape(out, (unsigned char) *text);
                run = text + 1;
        }
        strbuf_add_bytes(out, run, (size_t) (text - run));
        strbuf_add_char(out, '"');
}

static void add_integer(StrBuf *out, __int128 number) {
        char text[1 + UINT64_MAX_DIGITS];
        char *at = text + sizeof(text);
        uint64_t magnitude = (uint64_t) (number < 0 ? -number : number);

        do
                *--at = (char) ('0' + magnitude % 10);
        while ((magnitude /= 10) > 0);
        if (number < 0)
                *--at = '-';
        strbuf_add_bytes(out, at, (size_t) (text + sizeof(text) - at));
}

/* A value that a newer release knows shows as its number. */
static void add_enum(StrBuf *out, const FieldInfo *info, const ProtobufCFieldDescriptor *field, int value) {
        const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(field->descriptor, value);

        if (known)
                json_add_string(out, proto_field_enum_name(info, known));
        else
                add_integer(out, value);
}

static void add_money(StrBuf *out, const ProtobufCMessage *money) {
        const char *currency;
        int64_t minor;

        if (proto_known_get_money(money, &minor, &currency))
                strbuf_add(out, money_format(out->arena, minor, currency));
        else
                strbuf_add(out, "null");
}

static void add_timestamp(StrBuf *out, const ProtobufCMessage *message) {
        Timestamp time;

        if (!proto_known_get_timestamp(message, &time)) {
                strbuf_add(out, "null");
                return;
        }
        strbuf_add_char(out, '"');
        json_rfc3339_add(out, time);
        strbuf_add_char(out, '"');
}

static void add_bytes(StrBuf *out, ProtobufCBinaryData bytes) {
        strbuf_add_char(out, '"');
        base64_add(out, (Bytes) { .data = bytes.data, .n_bytes = bytes.len });
        strbuf_add_char(out, '"');
}

static void add_submessage(StrBuf *out, const MessageInfo *info, const ProtobufCMessage *message) {
        if (!message)
                strbuf_add(out, "null");
        else if (info->kind == MESSAGE_MONEY)
                add_money(out, message);
        else if (info->kind == MESSAGE_TIMESTAMP)
                add_timestamp(out, message);
        else
                json_add_message(out, info, message);
}

static void add_value(StrBuf *out, const FieldInfo *info, const ProtobufCFieldDescriptor *field,
                      FieldValue value) {
        if (proto_field_is_integer(field->type)) {
                add_integer(out, proto_field_integer(field->type, value));
                return;
        }
        switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
                json_add_string(out, value.text);
                break;
        case PROTOBUF_C_TYPE_MESSAGE:
                add_submessage(out, info->message, value.message);
                break;
        case PROTOBUF_C_TYPE_ENUM:
                add_enum(out, info, field, value.int32);
                break;
        case PROTOBUF_C_TYPE_BOOL:
                strbuf_add(out, value.boolean ? "true" : "false");
                break;
        case PROTOBUF_C_TYPE_BYTES:
                add_bytes(out, value.bytes);
                break;
        default:
                proto_field_unsupported(field);
        }
}

static void add_list(StrBuf *out, const FieldInfo *info, const ProtobufCFieldDescriptor *list,
                     const ProtobufCMessage *message) {
        size_t n = proto_field_count(message, list);

        strbuf_add_char(out, '[');
        for (size_t i = 0; i < n; i++) {
                if (i > 0)
                        strbuf_add_char(out, ',');
                add_value(out, info, list, proto_field_item(message, list, i));
        }
        strbuf_add_char(out, ']');
}

static void add_field(StrBuf *out, const MessageInfo *info, const ProtobufCMessage *message, unsigned index) {
        const ProtobufCFieldDescriptor *field = &info->descriptor->fields[index];

        if (field_is_list(field))
                add_list(out, &info->fields[index], field, message);
        else
                add_value(out, &info->fields[index], field, proto_field_get(message, field));
}

static bool is_left_out(const FieldInfo *info, const ProtobufCFieldDescriptor *field) {
        return info->absent == JSON_ABSENT_OMIT || field_is_in_oneof(field);
}

static void add_key(StrBuf *out, const char *name, bool is_first) {
        strbuf_add(out, is_first ? "\"" : ",\"");
        strbuf_add(out, name);
        strbuf_add_bytes(out, "\":", 2);
}

void json_add_message(StrBuf *out, const MessageInfo *info, const ProtobufCMessage *message) {
        bool is_first = true;

        strbuf_add_char(out, '{');
        for (unsigned i = 0; i < info->descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &info->descriptor->fields[i];
                bool is_set = proto_field_is_set(message, field);

                if (!is_set && is_left_out(&info->fields[i], field))
                        continue;
                add_key(out, info->fields[i].json_name, is_first);
                if (!is_set && info->fields[i].absent == JSON_ABSENT_NULL)
                        strbuf_add(out, "null");
                else
                        add_field(out, info, message, i);
                is_first = false;
        }
        strbuf_add_char(out, '}');
}

void json_add_field(StrBuf *out, const MessageInfo *info, const ProtobufCMessage *message,
                    const char *field) {
        unsigned index = proto_field_index(info, field);
        const ProtobufCFieldDescriptor *descriptor = &info->descriptor->fields[index];

        if (field_is_in_oneof(descriptor) && !proto_field_is_set(message, descriptor))
                strbuf_add(out, "null");
        else
                add_field(out, info, message, index);
}
