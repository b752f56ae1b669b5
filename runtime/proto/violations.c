#include "proto/violations.h"

#include "base/card.h"
#include "base/str.h"
#include "proto/message.h"

static void add_path(StrBuf *text, const FieldPath *path) {
        if (!path)
                return;
        add_path(text, path->parent);
        if (!path->name)
                strbuf_addf(text, "[%zu]", path->index);
        else
                strbuf_addf(text, "%s%s", text->n_bytes > 0 ? "." : "", path->name);
}

const char *proto_field_path_text(Arena *arena, const FieldPath *path) {
        StrBuf text = { .arena = arena };

        add_path(&text, path);
        return card_hidden(strbuf_text(&text));
}

void proto_violations_addf(Violations *violations, const FieldPath *path, const char *format, ...) {
        Arena *arena = violations->arena;
        va_list args;

        if (violations->n++ >= MESSAGE_MAX_VIOLATIONS)
                return;
        if (!violations->error)
                violations->error = error_new(arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                              "fields are not valid");
        va_start(args, format);
        error_add_violation(arena, violations->error, proto_field_path_text(arena, path),
                            arena_vprintf(arena, format, args));
        va_end(args);
}

const Error *proto_violations_error(Violations *violations) {
        Error *error = violations->error;

        if (!error)
                return NULL;
        const FieldViolation *first = &error->violations[0];
        const char *more = "";
        if (violations->n > 1)
                more = arena_printf(violations->arena, " (and %zu more)", violations->n - 1);
        error->message = arena_printf(violations->arena, "%s %s%s", first->field, first->description, more);
        return error;
}
