/*
 * Configuration from the environment: one table per program, each variable with its default, unit and
 * sentence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum ConfigType { CONFIG_TEXT, CONFIG_INT64, CONFIG_BOOL } ConfigType;

typedef struct ConfigVariable {
        const char *name; /* "MILLRACE_HTTP_PORT" */
        ConfigType type;
        void *value; /* const char **, int64_t * or bool * */
        const char *fallback; /* NULL: must be set */
        const char *unit;     /* "ms", "connections"; NULL: none */
        const char *help;     /* one sentence */
        int64_t min, max;     /* of an integer */
} ConfigVariable;

/*
 * Reads every variable. On the first that is missing or malformed, returns false with a sentence that names
 * the variable, its value and what it should be (static storage).
 */
bool config_read(const ConfigVariable *variables, size_t n, const char **ret_problem);

/* Prints the table, for --help; config_print_more appends another one. */
void config_print(FILE *out, const char *program, const char *summary, const ConfigVariable *variables,
                  size_t n);
void config_print_more(FILE *out, const ConfigVariable *variables, size_t n);
