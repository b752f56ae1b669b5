/* millracectl: what an operator does by hand. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "base/memory.h"

typedef struct Command {
        const char *name;
        const char *help;
        int (*run)(int argc, char **argv);
} Command;

static const Command commands[] = {
        { "keys",
          "--out DIR\n      makes services' signing keys, SERVICE.jwk, and jwks.json, their public halves",
          command_keys },
        { "test-key",
          "--out DIR\n      makes a key for tests that sign users' tokens, test.jwk, and test.jwks.json, its "
          "public half",
          command_test_key },
        { "fields",
          "--out FILE\n      makes the keys under which a service seals personal data and hashes it",
          command_fields },
        { "fill",
          "--keys FILE\n      copies SQL, and seals and hashes what stands in {{ }} with a service's keys",
          command_fill },
        { "migrate",
          "--service NAME --dsn DSN\n      brings a service's database to the newest schema, as its owner",
          command_migrate },
        { "token",
          "--key FILE --subject ID --role ROLE [--lifetime-s N] [--count N]\n"
          "      prints an access token (600 s); with --count one per line, for the subjects ID00001, "
          "ID00002, ...",
          command_token },
};

#define N_COMMANDS ARRAY_SIZE(commands)

static int print_help(FILE *out, int code) {
        fprintf(out, "millracectl: keys, tokens and schemas of a Millrace installation\n\n");
        for (size_t i = 0; i < N_COMMANDS; i++)
                fprintf(out, "  %s %s\n", commands[i].name, commands[i].help);
        return code;
}

static bool is_help(const char *argument) {
        return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

int main(int argc, char **argv) {
        if (argc >= 2 && (is_help(argv[1]) || (argc == 3 && is_help(argv[2]))))
                return print_help(stdout, 0);
        if (argc == 2 && strcmp(argv[1], "--version") == 0)
                return printf("millracectl %s\n", MILLRACE_VERSION) < 0;
        for (size_t i = 0; argc >= 2 && i < N_COMMANDS; i++)
                if (strcmp(argv[1], commands[i].name) == 0)
                        return commands[i].run(argc - 1, argv + 1);
        return print_help(stderr, 2);
}
