#include "emit.h"

#include <inttypes.h>
#include <string.h>

#include "names.h"

#define IS(field, kind) ((field)->type == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_##kind)

static bool is_repeated(const FieldProto *field) {
        return field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
}

static bool is_integer(const FieldProto *field) {
        return IS(field, INT32) || IS(field, INT64) || IS(field, UINT32) || IS(field, UINT64) ||
               IS(field, SINT32) || IS(field, SINT64) || IS(field, FIXED32) || IS(field, FIXED64) ||
               IS(field, SFIXED32) || IS(field, SFIXED64);
}

/* A rule that says nothing about the field's type is a mistake of the proto's author. */
static const char *misfit(const FieldProto *field, const FieldRules *rules) {
        if (rules->max_bytes && !IS(field, STRING) && !IS(field, BYTES))
                return "max_bytes on what is neither text nor bytes";
        if (rules->range && !is_integer(field))
                return "range on what is no integer";
        if (rules->range && rules->range->min > rules->range->max)
                return "range is empty";
        if (rules->max_items && !is_repeated(field))
                return "max_items on what is no list";
        if (rules->n_allowed && !IS(field, STRING))
                return "allowed on what is no text";
        if ((rules->is_id || rules->is_new_id) && !IS(field, STRING))
                return "is_id or is_new_id on what is no text";
        if (rules->required && !is_repeated(field) && !IS(field, STRING) && !IS(field, BYTES) &&
            !IS(field, MESSAGE) && !field->has_oneof_index)
                return "required on a number, which is never absent";
        return NULL;
}

static void add_int64(StrBuf *out, int64_t number) {
        if (number == INT64_MIN)
                strbuf_add(out, "INT64_MIN");
        else
                strbuf_addf(out, "INT64_C(%" PRId64 ")", number);
}

static void add_rules(StrBuf *out, const FieldRules *rules) {
        if (rules->required)
                strbuf_add(out, ", .required = true");
        if (rules->is_id || rules->is_new_id)
                strbuf_add(out, ", .is_id = true");
        if (rules->is_new_id)
                strbuf_add(out, ", .is_new_id = true");
        if (rules->max_bytes)
                strbuf_addf(out, ", .max_bytes = %" PRIu32, rules->max_bytes);
        if (rules->range) {
                strbuf_add(out, ", .has_range = true, .min = ");
                add_int64(out, rules->range->min);
                strbuf_add(out, ", .max = ");
                add_int64(out, rules->range->max);
        }
        if (rules->max_items)
                strbuf_addf(out, ", .max_items = %" PRIu32, rules->max_items);
        if (rules->absent)
                strbuf_addf(out, ", .absent = %s",
                            protobuf_c_enum_descriptor_get_value(&common__v1__json_absent__descriptor,
                                                                 (int) rules->absent)->name);
        if (rules->n_allowed) {
                strbuf_add(out, ",\n          .allowed = (const char *const[]) { ");
                for (size_t i = 0; i < rules->n_allowed; i++) {
                        emit_string(out, rules->allowed[i]);
                        strbuf_add(out, ", ");
                }
                strbuf_add(out, "NULL }");
        }
}

/* "ORDER_STATUS_" for OrderStatus; NULL when a value does not begin with it. */
static const char *enum_prefix(const Model *model, const char *type_name) {
        const EnumProto *proto = model_enum(model, type_name)->proto;
        const char *prefix = arena_printf(model->arena, "%s_", name_upper(model->arena, proto->name));

        for (size_t i = 0; i < proto->n_value; i++)
                if (!str_starts_with(proto->value[i]->name, prefix))
                        return NULL;
        return prefix;
}

static const Error *add_field(const Model *model, const FieldProto *field, StrBuf *out) {
        const FieldRules *rules;

        TRY(options_field(model->arena, field, &rules));
        const char *wrong = rules ? misfit(field, rules) : NULL;
        if (wrong)
                return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO, "%s", wrong);
        strbuf_add(out, "        { .json_name = ");
        emit_string(out, field->json_name);
        if (IS(field, MESSAGE))
                strbuf_addf(out, ", .message = &%s_info", name_snake(model->arena, field->type_name));
        if (IS(field, ENUM) && enum_prefix(model, field->type_name))
                strbuf_addf(out, ", .enum_prefix = \"%s\"", enum_prefix(model, field->type_name));
        if (rules)
                add_rules(out, rules);
        strbuf_add(out, " },\n");
        return NULL;
}

static const Error *add_fields(const Model *model, const MessageEntry *message, StrBuf *out) {
        size_t n_fields = message->proto->n_field;

        if (n_fields == 0)
                return NULL;
        strbuf_addf(out, "\nstatic const FieldInfo %s_fields[] = {\n",
                    name_snake(model->arena, message->full_name));
        for (size_t i = 0; i < n_fields; i++) {
                const Error *error = add_field(model, message->fields[i], out);

                if (error)
                        return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "%s.%s: %s", message->full_name, message->fields[i]->name,
                                         error->message);
        }
        strbuf_add(out, "};\n");
        return NULL;
}

static const char *message_kind(const char *full_name) {
        if (str_equal(full_name, "common.v1.Money"))
                return "MESSAGE_MONEY";
        if (str_equal(full_name, "google.protobuf.Timestamp"))
                return "MESSAGE_TIMESTAMP";
        return "MESSAGE_PLAIN";
}

const Error *emit_messages(const EmitInput *input, StrBuf *out) {
        Arena *arena = input->model->arena;

        for (size_t i = 0; i < input->file->n_messages; i++) {
                const MessageEntry *message = &input->file->messages[i];
                const char *snake = name_snake(arena, message->full_name);

                TRY(add_fields(input->model, message, out));
                strbuf_addf(out, "\nconst MessageInfo %s_info = {\n", snake);
                strbuf_addf(out, "        .descriptor = &%s__descriptor,\n",
                            name_pbc_snake(arena, message->full_name));
                if (message->proto->n_field > 0)
                        strbuf_addf(out, "        .fields = %s_fields,\n", snake);
                strbuf_addf(out, "        .kind = %s,\n};\n", message_kind(message->full_name));
        }
        return NULL;
}
