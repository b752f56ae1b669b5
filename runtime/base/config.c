#include "base/config.h"

#include <stdlib.h>

#include "base/str.h"

static char problem[512];

/* "should be a number of ms between 1 and 60000" */
static bool refuse(const ConfigVariable *variable, const char *value) {
        const char *unit = variable->unit ? variable->unit : "";
        const char *of = variable->unit ? " of " : "";

        switch (variable->type) {
        case CONFIG_TYPE_TEXT:
                snprintf(problem, sizeof(problem), "%s must be set: %s", variable->name, variable->help);
                break;
        case CONFIG_TYPE_BOOL:
                snprintf(problem, sizeof(problem), "%s=%s: should be true or false", variable->name, value);
                break;
        case CONFIG_TYPE_NUMBER:
                snprintf(problem, sizeof(problem), "%s=%s: should be a number%s%s between %lld and %lld",
                         variable->name, value, of, unit, (long long) variable->min,
                         (long long) variable->max);
                break;
        }
        return false;
}

static bool read_number(const ConfigVariable *variable, const char *value, void *ret_member) {
        int64_t number;

        if (!str_parse_int64(value, &number) || number < variable->min || number > variable->max)
                return false;
        *(int64_t *) ret_member = number;
        return true;
}

static bool read_bool(const ConfigVariable *variable, const char *value, void *ret_member) {
        bool yes = str_equal(value, "true") || str_equal(value, "1");

        (void) variable;
        if (!yes && !str_equal(value, "false") && !str_equal(value, "0"))
                return false;
        *(bool *) ret_member = yes;
        return true;
}

static bool read_text(const ConfigVariable *variable, const char *value, void *ret_member) {
        (void) variable;
        *(const char **) ret_member = value;
        return true;
}

/* A variable that is set to nothing counts as not set, as a composed environment often leaves it. */
static bool read_variable(const ConfigVariable *variable, void *ret_member) {
        static bool (*const readers[])(const ConfigVariable *, const char *value, void *ret_member) = {
                [CONFIG_TYPE_TEXT] = read_text,
                [CONFIG_TYPE_NUMBER] = read_number,
                [CONFIG_TYPE_BOOL] = read_bool,
        };
        const char *value = getenv(variable->name);

        if (str_is_empty(value))
                value = variable->fallback;
        if (!value || !readers[variable->type](variable, value, ret_member))
                return refuse(variable, value ? value : "");
        return true;
}

bool config_read(const ConfigTable *table, void *ret_values, const char **ret_problem) {
        for (size_t i = 0; i < table->n; i++)
                if (!read_variable(&table->variables[i], (char *) ret_values + table->variables[i].offset)) {
                        *ret_problem = problem;
                        return false;
                }
        return true;
}

static void print_variable(FILE *out, const ConfigVariable *variable) {
        fprintf(out, "  %s\n      %s", variable->name, variable->help);
        if (variable->type == CONFIG_TYPE_NUMBER)
                fprintf(out, "; %s%s%lld to %lld", variable->unit ? variable->unit : "",
                        variable->unit ? ", " : "", (long long) variable->min, (long long) variable->max);
        if (!variable->fallback)
                fprintf(out, " [must be set]\n");
        else if (*variable->fallback)
                fprintf(out, " [%s]\n", variable->fallback);
        else
                fprintf(out, " [none]\n");
}

static bool is_printed(const ConfigTable *const *tables, size_t n_tables, const char *name) {
        for (size_t i = 0; i < n_tables; i++)
                for (size_t k = 0; k < tables[i]->n; k++)
                        if (str_equal(tables[i]->variables[k].name, name))
                                return true;
        return false;
}

void config_print(FILE *out, const ConfigTable *const *tables, size_t n_tables) {
        for (size_t i = 0; i < n_tables; i++)
                for (size_t k = 0; k < tables[i]->n; k++)
                        if (!is_printed(tables, i, tables[i]->variables[k].name))
                                print_variable(out, &tables[i]->variables[k]);
}
