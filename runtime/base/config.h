/*
 * Configuration from the environment. A program's settings are structs; a constant table says for each member
 * its variable, default, unit and sentence:
 *
 *         static const ConfigVariable variables[] = {
 *                 CONFIG_NUMBER(PaymentConfig, timeout_ms, "MILLRACE_PAYMENT_TIMEOUT_MS", "30000", "ms",
 *                               1, 600000, "How long one attempt to take a payment may last"),
 *         };
 *         static const ConfigTable table = CONFIG_TABLE(PaymentConfig, variables);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum ConfigType { CONFIG_TYPE_TEXT, CONFIG_TYPE_NUMBER, CONFIG_TYPE_BOOL } ConfigType;

typedef struct ConfigVariable {
        const char *name; /* "MILLRACE_HTTP_PORT" */
        ConfigType type;
        size_t offset;        /* of its member: const char *, int64_t or bool */
        const char *fallback; /* NULL: must be set */
        const char *unit;     /* "ms", "connections"; NULL: none */
        int64_t min, max;     /* of a number */
        const char *help;     /* one sentence */
} ConfigVariable;

/* A member's offset; does not compile when the member is of another type. */
#define CONFIG_OFFSET(type, member, member_type)                                                             \
        (offsetof(type, member) + 0 * sizeof(_Generic(&((type *) 0)->member, member_type *: 1)))

#define CONFIG_TEXT(type, member, name, fallback, help)                                                      \
        { name, CONFIG_TYPE_TEXT, CONFIG_OFFSET(type, member, const char *), fallback, NULL, 0, 0, help }
#define CONFIG_NUMBER(type, member, name, fallback, unit, min, max, help)                                    \
        { name, CONFIG_TYPE_NUMBER, CONFIG_OFFSET(type, member, int64_t), fallback, unit, min, max, help }
#define CONFIG_BOOL(type, member, name, fallback, help)                                                      \
        { name, CONFIG_TYPE_BOOL, CONFIG_OFFSET(type, member, bool), fallback, NULL, 0, 0, help }

/* The settings of one part of a program. */
typedef struct ConfigTable {
        const ConfigVariable *variables;
        size_t n;
        size_t values_bytes; /* of the struct that the offsets are of */
} ConfigTable;

#define CONFIG_TABLE(type, variables) { variables, sizeof(variables) / sizeof(ConfigVariable), sizeof(type) }

/*
 * Fills in a struct of table->values_bytes. On the first variable that is missing or malformed, returns false
 * with a sentence that names the variable, its value and what it should be (static storage).
 */
bool config_read(const ConfigTable *table, void *ret_values, const char **ret_problem);

/* How many letters too many, too few or wrong a misspelt variable has at most. */
#define CONFIG_MISSPELT_LETTERS 2

/*
 * The variable of the tables that a name looks like, when it is none of them: it is misspelt. NULL: it is one
 * of them, or like none. What other programs read is further away from all of them.
 */
const char *config_meant(const ConfigTable *const *tables, size_t n_tables, const char *name);

/* Prints the tables for --help; a variable that two of them read is printed once. */
void config_print(FILE *out, const ConfigTable *const *tables, size_t n_tables);
