#include "options.h"

#include "unpack.h"

#define RULES_TAG 50001   /* common.v1.service, .method, .field and .reason */
#define HTTP_TAG 72295728 /* google.api.http */
#define LENGTH_PREFIXED 2 /* the wire type of messages */
#define VARINT_CONTINUES 0x80

static size_t prefix_length(const ProtobufCMessageUnknownField *field) {
        size_t n_bytes = 0;

        while (n_bytes < field->len && field->data[n_bytes] & VARINT_CONTINUES)
                n_bytes++;
        return n_bytes + 1;
}

/* protoc writes `[(rules).a = 1, (rules).b = 2]` as two fields of one tag: together they are the message. */
static const Error *option(Arena *arena, const ProtobufCMessage *options, uint32_t tag,
                           const ProtobufCMessageDescriptor *descriptor, ProtobufCMessage **ret_message) {
        StrBuf payload = { .arena = arena };
        bool found = false;

        *ret_message = NULL;
        for (size_t i = 0; options && i < options->n_unknown_fields; i++) {
                const ProtobufCMessageUnknownField *field = &options->unknown_fields[i];

                if (field->tag != tag || field->wire_type != LENGTH_PREFIXED)
                        continue;
                size_t skip = prefix_length(field);
                strbuf_add_bytes(&payload, (const char *) field->data + skip, field->len - skip);
                found = true;
        }
        if (!found)
                return NULL;
        return unpack(arena, descriptor, (Bytes) { (const uint8_t *) payload.text, payload.n_bytes },
                      ret_message);
}

const Error *options_service(Arena *arena, const ServiceProto *service, const ServiceRules **ret_rules) {
        ProtobufCMessage *rules;

        TRY(option(arena, service->options ? &service->options->base : NULL, RULES_TAG,
                   &common__v1__service_rules__descriptor, &rules));
        *ret_rules = (const ServiceRules *) rules;
        return NULL;
}

const Error *options_method(Arena *arena, const MethodProto *method, const MethodRules **ret_rules) {
        ProtobufCMessage *rules;

        TRY(option(arena, method->options ? &method->options->base : NULL, RULES_TAG,
                   &common__v1__method_rules__descriptor, &rules));
        *ret_rules = (const MethodRules *) rules;
        return NULL;
}

const Error *options_http(Arena *arena, const MethodProto *method, const HttpRule **ret_rule) {
        ProtobufCMessage *rule;

        TRY(option(arena, method->options ? &method->options->base : NULL, HTTP_TAG,
                   &google__api__http_rule__descriptor, &rule));
        *ret_rule = (const HttpRule *) rule;
        return NULL;
}

const Error *options_field(Arena *arena, const FieldProto *field, const FieldRules **ret_rules) {
        ProtobufCMessage *rules;

        TRY(option(arena, field->options ? &field->options->base : NULL, RULES_TAG,
                   &common__v1__field_rules__descriptor, &rules));
        *ret_rules = (const FieldRules *) rules;
        return NULL;
}

const Error *options_reason(Arena *arena, const EnumValueProto *value, const ReasonRules **ret_rules) {
        ProtobufCMessage *rules;

        TRY(option(arena, value->options ? &value->options->base : NULL, RULES_TAG,
                   &common__v1__reason_rules__descriptor, &rules));
        *ret_rules = (const ReasonRules *) rules;
        return NULL;
}
