#include "base/config.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

static char problem[512];

/* "should be a number of ms between 1 and 60000" */
static bool refuse(const ConfigVariable *variable, const char *value) {
        const char *unit = str_or_empty(variable->unit);
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
                return refuse(variable, str_or_empty(value));
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
                fprintf(out, "; %s%s%lld to %lld", str_or_empty(variable->unit),
                        variable->unit ? ", " : "", (long long) variable->min, (long long) variable->max);
        if (!variable->fallback)
                fprintf(out, " [must be set]\n");
        else if (*variable->fallback)
                fprintf(out, " [%s]\n", variable->fallback);
        else
                fprintf(out, " [none]\n");
}

static int smaller(int a, int b) {
        return a < b ? a : b;
}

/* Letters to add, drop or change until a is b; of names that are longer, more than a misspelt one has. */
static int letters_between(const char *a, const char *b) {
        enum { MAX_LETTERS = 64 };
        size_t n_a = strlen(a), n_b = strlen(b);
        int row[MAX_LETTERS + 1];

        if (n_a > MAX_LETTERS || n_b > MAX_LETTERS)
                return MAX_LETTERS;
        for (size_t k = 0; k <= n_b; k++)
                row[k] = (int) k;
        for (size_t i = 1; i <= n_a; i++) {
                int diagonal = row[0];

                row[0] = (int) i;
                for (size_t k = 1; k <= n_b; k++) {
                        int changed = diagonal + (a[i - 1] != b[k - 1]);

                        diagonal = row[k];
                        row[k] = smaller(changed, smaller(row[k], row[k - 1]) + 1);
                }
        }
        return row[n_b];
}

const char *config_meant(const ConfigTable *const *tables, size_t n_tables, const char *name) {
        int nearest = CONFIG_MISSPELT_LETTERS + 1;
        const char *meant = NULL;

        for (size_t i = 0; i < n_tables; i++)
                for (size_t k = 0; k < tables[i]->n; k++) {
                        int letters = letters_between(name, tables[i]->variables[k].name);

                        if (letters >= nearest)
                                continue;
                        nearest = letters;
                        meant = tables[i]->variables[k].name;
                }
        return nearest > 0 ? meant : NULL;
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
