#include "reasons.h"

#include <string.h>

#include "names.h"

const EnumEntry *reasons_of(const Model *model, const FileEntry *file) {
        const char *full_name = name_join(model->arena, file->package, "Reason");

        for (size_t i = 0; i < file->n_enums; i++)
                if (str_equal(file->enums[i].full_name, full_name))
                        return &file->enums[i];
        return NULL;
}

static bool declares(Arena *arena, const EnumEntry *reasons, const char *name) {
        const char *value = arena_printf(arena, VALUE_PREFIX "%s", name);

        for (size_t i = 0; reasons && i < reasons->proto->n_value; i++)
                if (str_equal(reasons->proto->value[i]->name, value))
                        return true;
        return false;
}

const Error *reasons_read_errors(const Model *model, const FileEntry *file, const MethodRules *rules,
                                 MethodEntry *method) {
        const EnumEntry *reasons = reasons_of(model, file);

        method->n_errors = rules ? rules->n_errors : 0;
        method->errors = ARENA_ARRAY(model->arena, const char *, method->n_errors);
        for (size_t i = 0; i < method->n_errors; i++) {
                const char *name = rules->errors[i];
                const char *dot = strrchr(name, '.');

                if (!dot && !declares(model->arena, reasons, name))
                        return error_new(model->arena, ERROR_INVALID_ARGUMENT, INNER_INVALID_PROTO,
                                         "errors: there is no " VALUE_PREFIX "%s in %s.Reason", name,
                                         file->package);
                method->errors[i] = dot ? dot + 1 : name;
        }
        return NULL;
}
