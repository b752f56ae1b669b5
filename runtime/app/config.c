#include "app/config.h"

#include <stdlib.h>

#include "base/str.h"

static char problem[512];

/* "should be a number of ms between 1 and 60000" */
static bool refuse(const ConfigVariable *variable, const char *value) {
        const char *unit = variable->unit ? variable->unit : "";
        const char *of = variable->unit ? " of " : "";

        switch (variable->type) {
        case CONFIG_TEXT:
                snprintf(problem, sizeof(problem), "%s must be set: %s", variable->name, variable->help);
                break;
        case CONFIG_BOOL:
                snprintf(problem, sizeof(problem), "%s=%s: should be true or false", variable->name, value);
                break;
        case CONFIG_INT64:
                snprintf(problem, sizeof(problem), "%s=%s: should be a number%s%s between %lld and %lld",
                         variable->name, value, of, unit, (long long) variable->min,
                         (long long) variable->max);
                break;
        }
        return false;
}

static bool read_int64(const ConfigVariable *variable, const char *value) {
        int64_t number;

        if (!str_parse_int64(value, &number) || number < variable->min || number > variable->max)
                return false;
        *(int64_t *) variable->value = number;
        return true;
}

static bool read_bool(const ConfigVariable *variable, const char *value) {
        bool yes = str_equal(value, "true") || str_equal(value, "1");

        if (!yes && !str_equal(value, "false") && !str_equal(value, "0"))
                return false;
        *(bool *) variable->value = yes;
        return true;
}

static bool read_text(const ConfigVariable *variable, const char *value) {
        *(const char **) variable->value = value;
        return true;
}

/* A variable that is set to nothing counts as not set, as a composed environment often leaves it. */
static bool read_variable(const ConfigVariable *variable) {
        static bool (*const readers[])(const ConfigVariable *variable, const char *value) = {
                [CONFIG_TEXT] = read_text,
                [CONFIG_INT64] = read_int64,
                [CONFIG_BOOL] = read_bool,
        };
        const char *value = getenv(variable->name);

        if (str_is_empty(value))
                value = variable->fallback;
        if (!value || !readers[variable->type](variable, value))
                return refuse(variable, value ? value : "");
        return true;
}

bool config_read(const ConfigVariable *variables, size_t n, const char **ret_problem) {
        for (size_t i = 0; i < n; i++)
                if (!read_variable(&variables[i])) {
                        *ret_problem = problem;
                        return false;
                }
        return true;
}

static void print_variable(FILE *out, const ConfigVariable *variable) {
        fprintf(out, "  %s\n      %s", variable->name, variable->help);
        if (variable->type == CONFIG_INT64)
                fprintf(out, "; %s%s%lld to %lld", variable->unit ? variable->unit : "",
                        variable->unit ? ", " : "", (long long) variable->min, (long long) variable->max);
        if (!variable->fallback)
                fprintf(out, " [must be set]\n");
        else if (*variable->fallback)
                fprintf(out, " [%s]\n", variable->fallback);
        else
                fprintf(out, " [none]\n");
}

/* Two parts of one process may read the same variable. */
static bool is_listed(const ConfigVariable *variables, size_t n, const char *name) {
        for (size_t i = 0; i < n; i++)
                if (str_equal(variables[i].name, name))
                        return true;
        return false;
}

void config_print_more(FILE *out, const ConfigVariable *variables, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (!is_listed(variables, i, variables[i].name))
                        print_variable(out, &variables[i]);
}

void config_print(FILE *out, const char *program, const char *summary, const ConfigVariable *variables,
                  size_t n) {
        fprintf(out, "%s: %s\n\n", program, summary);
        fprintf(out, "Everything is set by the environment; what stands in brackets is the default.\n\n");
        config_print_more(out, variables, n);
}
