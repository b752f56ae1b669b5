#include "emit.h"

#include <inttypes.h>
#include <string.h>

#include "names.h"
#include "reasons.h"

static void add_reason(const char *name, const ReasonRules *rules, StrBuf *out) {
        strbuf_addf(out, "        { .name = \"%s\"", name);
        if (rules && rules->http_status)
                strbuf_addf(out, ", .http_status = %" PRIu32, rules->http_status);
        if (rules && rules->every_call)
                strbuf_add(out, ", .every_call = true");
        strbuf_add(out, " },\n");
}

const Error *emit_reasons(const EmitInput *input, StrBuf *out) {
        Arena *arena = input->model->arena;
        const EnumEntry *reasons = reasons_of(input->model, input->file);

        if (!reasons)
                return NULL;
        strbuf_addf(out, "\nconst RpcReason %ss[] = {\n", name_snake(arena, reasons->full_name));
        for (size_t i = 0; i < reasons->proto->n_value; i++) {
                const EnumValueProto *value = reasons->proto->value[i];
                const ReasonRules *rules;

                TRY(options_reason(arena, value, &rules));
                if (!str_starts_with(value->name, VALUE_PREFIX))
                        return error_new(arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "%s: %s does not begin with " VALUE_PREFIX, reasons->full_name,
                                         value->name);
                if (value->number != 0)
                        add_reason(value->name + strlen(VALUE_PREFIX), rules, out);
        }
        strbuf_add(out, "        { 0 },\n};\n");
        return NULL;
}
