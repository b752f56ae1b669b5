#include "app/settings_private.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/user_keys_private.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/str.h"
#include "bus/settings.h"
#include "events/settings.h"

#define EXIT_WRONG_USE 2
#define MAX_FILE_BYTES (64 * 1024)
#define MAX_TARGETS 32
#define MAX_SECTIONS 80
#define MAX_SESSIONS 1000
#define MAX_NAME_BYTES 128
#define VARIABLE_PREFIX "MILLRACE_"

static const ConfigVariable common_variables[] = {
        CONFIG_TEXT(AppSettings, grpc_address, "MILLRACE_GRPC_ADDRESS", "127.0.0.1",
                    "IP address that gRPC listens on, or a socket's unix:PATH; not for strangers"),
        CONFIG_NUMBER(AppSettings, grpc_threads, "MILLRACE_GRPC_THREADS", "1", "threads", 1, 64,
                      "Threads that read calls and write answers"),
        CONFIG_NUMBER(AppSettings, n_workers, "MILLRACE_WORKERS", "88", "threads", 1, 1024,
                      "Threads that run handlers"),
        CONFIG_NUMBER(AppSettings, queue_limit, "MILLRACE_QUEUE_LIMIT", "1024", "calls", 0, 100000,
                      "Calls that may wait for a worker or their turn; more are refused at once"),
        CONFIG_NUMBER(AppSettings, method_calls, "MILLRACE_METHOD_CALLS", "0", "calls", 0, 1024,
                      "Calls of one method that run at a time; more wait. 0: three quarters of the workers"),
        CONFIG_NUMBER(AppSettings, caller_calls, "MILLRACE_CALLER_CALLS", "8", "calls", 0, 1024,
                      "Calls of one customer or user that run at a time; more wait. 0: any number"),
        CONFIG_NUMBER(AppSettings, caller_waiting, "MILLRACE_CALLER_WAITING", "100", "calls", 0, 100000,
                      "Calls of one customer or user that may wait; more are refused at once"),
        CONFIG_NUMBER(AppSettings, callee_calls, "MILLRACE_CALLEE_CALLS", "0", "calls", 0, 1024,
                      "Calls in flight to one other service; more wait. 0: half of the workers"),
        CONFIG_NUMBER(AppSettings, callee_wait_ms, "MILLRACE_CALLEE_WAIT_MS", "1000", "ms", 0, 60000,
                      "How long such a call waits before it is refused"),
        CONFIG_NUMBER(AppSettings, breaker_failures, "MILLRACE_BREAKER_FAILURES", "5", "calls", 1, 1000000,
                      "Failures of another service's method that open its breaker, if half of its calls"),
        CONFIG_NUMBER(AppSettings, breaker_window_ms, "MILLRACE_BREAKER_WINDOW_MS", "60000", "ms", 1000,
                      3600000, "Time in which they count"),
        CONFIG_NUMBER(AppSettings, breaker_trial_ms, "MILLRACE_BREAKER_TRIAL_MS", "5000", "ms", 1, 3600000,
                      "Pause before an open breaker lets one call through"),
        CONFIG_BOOL(AppSettings, reflection, "MILLRACE_REFLECTION", "false",
                    "Whether gRPC describes its services to whoever asks (grpcurl)"),
        CONFIG_BOOL(AppSettings, dumpable, "MILLRACE_DUMPABLE", "false",
                    "Whether core dumps, gdb and perf of the same user see its memory, and its secrets"),
        CONFIG_TEXT(AppSettings, log_level, "MILLRACE_LOG_LEVEL", "info",
                    "Lines below are dropped: debug, info, warning, error"),
        CONFIG_TEXT(AppSettings, log_calls, "MILLRACE_LOG_CALLS", "info",
                    "Level of the lines about calls that succeed and events that are applied: debug, info,"
                    " warning, error"),
        CONFIG_TEXT(AppSettings, jwks_file, "MILLRACE_JWKS_FILE", "",
                    "File with the public keys (JWKS) of services' tokens; needed by what serves gRPC"),
        CONFIG_TEXT(AppSettings, test_jwks_file, "MILLRACE_TEST_JWKS_FILE", "",
                    "File with further public keys (JWKS), of tests and benchmarks that make users' tokens"
                    " themselves; empty in production"),
        CONFIG_TEXT(AppSettings, user_keys_file, "MILLRACE_USER_KEYS_FILE", "",
                    "File in which it keeps the keys of users' tokens that customer shows, for a start while"
                    " customer is away; whoever can write it can log in as anybody. Empty: it keeps none"),
        CONFIG_NUMBER(AppSettings, user_keys_interval_ms, "MILLRACE_USER_KEYS_INTERVAL_MS", "60000", "ms",
                      1000, 3600000, "Pause between looks at those keys: a key that is gone holds so long"),
        CONFIG_TEXT(AppSettings, service_key_file, "MILLRACE_SERVICE_KEY_FILE", "",
                    "File with the private key (JWK) of its own tokens; needed by what calls other services"),
        CONFIG_NUMBER(AppSettings, call_ms, "MILLRACE_CALL_MS", "60000", "ms", 1, 600000,
                      "Time that a call to another service may take, if its caller gave no less"),
        CONFIG_NUMBER(AppSettings, drain_delay_ms, "MILLRACE_DRAIN_DELAY_MS", "0", "ms", 0, 600000,
                      "How long health says NOT_SERVING before calls are refused"),
        CONFIG_NUMBER(AppSettings, drain_ms, "MILLRACE_DRAIN_MS", "50000", "ms", 0, 600000,
                      "How long a stop waits for the calls in flight"),
        CONFIG_TEXT(AppSettings, metrics_address, "MILLRACE_METRICS_ADDRESS", "127.0.0.1",
                    "IP address of /metrics, /health/live and /health/ready"),
        CONFIG_NUMBER(AppSettings, metrics_port, "MILLRACE_METRICS_PORT", "0", NULL, 0, 65535,
                      "Port of /metrics, /health/live and /health/ready; 0: none"),
};

static const ConfigVariable hint_variables[] = {
        CONFIG_TEXT(AppSettings, relay_hint, "MILLRACE_RELAY_HINT", "",
                    "Path of the relay's socket, which is told that there are events to publish"),
};

/* One table, and the struct that it fills in. */
typedef struct Section {
        const ConfigTable *table;
        void *values;
} Section;

typedef struct Sections {
        Arena *arena;
        Section items[MAX_SECTIONS];
        size_t n;
} Sections;

static void add_table(Sections *sections, const ConfigTable *table, void *values) {
        if (sections->n == MAX_SECTIONS)
                abort();
        sections->items[sections->n++] = (Section) { table, values };
}

/* A table that only this process has; the variables are copied. */
static void add_variables(Sections *sections, const ConfigVariable *variables, size_t n, size_t values_bytes,
                          void *values) {
        ConfigVariable *copies = ARENA_ARRAY(sections->arena, ConfigVariable, n);
        ConfigTable *table = ARENA_NEW(sections->arena, ConfigTable);

        memcpy(copies, variables, n * sizeof(ConfigVariable));
        *table = (ConfigTable) { copies, n, values_bytes };
        add_table(sections, table, values);
}

/* "MILLRACE_ORDER_DSN" */
static const char *variable_of(Arena *arena, const char *service, const char *what) {
        char *name = arena_printf(arena, "MILLRACE_%s_%s", service, what);

        for (char *at = name; *at; at++)
                *at = *at == '-' ? '_' : (char) toupper((unsigned char) *at);
        return name;
}

static void add_port(Sections *sections, const AppProgram *program, AppSettings *settings) {
        const char *port = arena_printf(sections->arena, "%d", program->grpc_port);
        const ConfigVariable variables[] = {
                CONFIG_NUMBER(AppSettings, grpc_port, "MILLRACE_GRPC_PORT", port, NULL, 0, 65535,
                              "Port that gRPC listens on; 0: any free one"),
        };

        add_variables(sections, variables, 1, sizeof(AppSettings), settings);
}

static void add_database(Sections *sections, const AppService *service, AppPartSettings *settings) {
        Arena *arena = sections->arena;
        const ConfigVariable variables[] = {
                CONFIG_TEXT(AppPartSettings, dsn, variable_of(arena, service->name, "DSN"), NULL,
                            arena_printf(arena, "The database of %s", service->name)),
                CONFIG_NUMBER(AppPartSettings, n_sessions, variable_of(arena, service->name, "CONNECTIONS"),
                              arena_printf(arena, "%d", service->n_sessions), "sessions", 1, MAX_SESSIONS,
                              "Sessions with the database at most"),
        };

        add_variables(sections, variables, 2, sizeof(AppPartSettings), settings);
}

static void add_part(Sections *sections, const AppService *service, AppPartSettings *settings) {
        if (service->schema)
                add_database(sections, service, settings);
        if (!service->config)
                return;
        settings->config = arena_alloc(sections->arena, service->config->values_bytes);
        memset(settings->config, 0, service->config->values_bytes);
        add_table(sections, service->config, settings->config);
}

static void add_target(Sections *sections, AppEnvironment *environment, const RpcService *service) {
        Arena *arena = sections->arena;

        for (size_t i = 0; i < environment->n_targets; i++)
                if (environment->targets[i].service == service)
                        return;
        if (environment->n_targets == MAX_TARGETS)
                abort();
        AppTarget *target = &environment->targets[environment->n_targets++];
        target->service = service;
        const ConfigVariable variables[] = {
                CONFIG_TEXT(AppTarget, address, variable_of(arena, service->domain, "TARGET"),
                            arena_printf(arena, "127.0.0.1:%d", service->default_port),
                            arena_printf(arena, "Where %s is", service->name)),
        };
        add_variables(sections, variables, 1, sizeof(AppTarget), target);
}

/* What serves calls verifies users' tokens, so it has to know where their issuer is. */
static void add_targets(Sections *sections, const AppProgram *program, AppEnvironment *environment) {
        environment->targets = ARENA_ARRAY(sections->arena, AppTarget, MAX_TARGETS);
        for (const AppService *const *service = program->services; *service; service++) {
                for (const RpcService *const *called = (*service)->calls; called && *called; called++)
                        if (!app_program_serves(program, *called))
                                add_target(sections, environment, *called);
                if ((*service)->rpc && !app_program_serves(program, app_user_keys_issuer))
                        add_target(sections, environment, app_user_keys_issuer);
        }
}

bool app_program_serves(const AppProgram *program, const RpcService *service) {
        for (const AppService *const *at = program->services; *at; at++)
                if ((*at)->rpc == service)
                        return true;
        return false;
}

static AppNeeds needs_of(const AppProgram *program) {
        AppNeeds needs = { 0 };

        for (const AppService *const *at = program->services; *at; at++) {
                needs.n_parts++;
                needs.bus |= (*at)->uses_bus || (*at)->hints || (*at)->consumes;
                needs.events |= (*at)->consumes;
                needs.outbox |= (*at)->publishes;
                needs.stream |= (*at)->keeps_stream;
        }
        return needs;
}

static void collect(Sections *sections, const AppProgram *program, AppEnvironment *environment) {
        static const ConfigTable common = CONFIG_TABLE(AppSettings, common_variables);
        static const ConfigTable hint = CONFIG_TABLE(AppSettings, hint_variables);
        AppSettings *settings = &environment->common;

        environment->needs = needs_of(program);
        add_table(sections, &common, settings);
        add_port(sections, program, settings);
        if (environment->needs.outbox)
                add_table(sections, &hint, settings);
        if (environment->needs.bus)
                add_table(sections, &bus_config_table, &settings->bus);
        if (environment->needs.events)
                add_table(sections, &event_config_table, &settings->events);
        environment->parts = ARENA_ARRAY(sections->arena, AppPartSettings, environment->needs.n_parts);
        for (size_t i = 0; program->services[i]; i++)
                add_part(sections, program->services[i], &environment->parts[i]);
        add_targets(sections, program, environment);
}

static void refuse(const char *problem) {
        fprintf(stderr, "%s\n", problem);
        exit(EXIT_WRONG_USE);
}

void app_settings_exit_on(Arena *arena, const char *variable, const Error *error) {
        if (error)
                refuse(arena_printf(arena, "%s: %s", variable, log_cause(arena, error).text));
}

static void list_tables(AppEnvironment *environment, const Sections *sections) {
        environment->tables = ARENA_ARRAY(sections->arena, const ConfigTable *, sections->n);
        environment->n_tables = sections->n;
        for (size_t i = 0; i < sections->n; i++)
                environment->tables[i] = sections->items[i].table;
}

static void print_help(const AppProgram *program, const AppEnvironment *environment) {
        printf("%s: %s\n\n", program->name, program->summary);
        printf("Everything is set by the environment; what stands in brackets is the default.\n\n");
        config_print(stdout, environment->tables, environment->n_tables);
        exit(EXIT_SUCCESS);
}

static void print_version(const AppProgram *program) {
        printf("%s %s\n", program->name, MILLRACE_VERSION);
        exit(EXIT_SUCCESS);
}

void app_environment_doubt(const AppEnvironment *environment) {
        for (char **variable = environ; *variable; variable++) {
                char name[MAX_NAME_BYTES] = { 0 };
                size_t n_bytes = strcspn(*variable, "=");

                if (n_bytes >= sizeof(name) || !str_starts_with(*variable, VARIABLE_PREFIX))
                        continue;
                memcpy(name, *variable, n_bytes);
                const char *meant = config_meant(environment->tables, environment->n_tables, name);
                if (meant)
                        log_warning("a variable that is not known", log_text("variable", name),
                                    log_text("nearest", meant));
        }
}

static bool parse_level(const char *name, LogLevel *ret_level) {
        static const char *const names[] = { "debug", "info", "warning", "error" };

        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
                if (str_equal(name, names[i])) {
                        *ret_level = (LogLevel) i;
                        return true;
                }
        return false;
}

static void read_level(const char *variable, const char *name, LogLevel *ret_level) {
        char problem[256];

        if (parse_level(name, ret_level))
                return;
        snprintf(problem, sizeof(problem), "%s=%s: should be debug, info, warning or error", variable, name);
        refuse(problem);
}

AppEnvironment *app_environment_read(Arena *arena, const AppProgram *program, int argc, char **argv) {
        AppEnvironment *environment = ARENA_NEW(arena, AppEnvironment);
        Sections sections = { .arena = arena };
        const char *problem;

        collect(&sections, program, environment);
        list_tables(environment, &sections);
        if (argc == 2 && str_equal(argv[1], "--help"))
                print_help(program, environment);
        if (argc == 2 && str_equal(argv[1], "--version"))
                print_version(program);
        if (argc > 1)
                refuse("This program takes no arguments but --help and --version: "
                       "everything is set by the environment");
        for (size_t i = 0; i < sections.n; i++)
                if (!config_read(sections.items[i].table, sections.items[i].values, &problem))
                        refuse(problem);
        AppSettings *settings = &environment->common;
        read_level("MILLRACE_LOG_LEVEL", settings->log_level, &settings->level);
        read_level("MILLRACE_LOG_CALLS", settings->log_calls, &settings->calls_level);
        settings->bus.name = program->name;
        settings->bus.keeps_stream = environment->needs.stream;
        return environment;
}

static void require_path(Arena *arena, const char *variable, const char *path) {
        if (str_is_empty(path))
                refuse(arena_printf(arena, "%s must be set for this program", variable));
}

const char *app_settings_secret(Arena *arena, const char *variable, const char *path) {
        const char *text;

        require_path(arena, variable, path);
        const Error *error = secret_file_read(arena, path, &text);
        if (error)
                refuse(arena_printf(arena, "%s: %s", variable, error->message));
        return text;
}

const char *app_settings_file(Arena *arena, const char *variable, const char *path) {
        require_path(arena, variable, path);
        char *text = arena_alloc(arena, MAX_FILE_BYTES);
        FILE *file = fopen(path, "re");
        if (!file)
                refuse(arena_printf(arena, "%s=%s: %s", variable, path, strerror(errno)));
        size_t n_bytes = fread(text, 1, MAX_FILE_BYTES, file);
        fclose(file);
        if (n_bytes == MAX_FILE_BYTES)
                refuse(arena_printf(arena, "%s=%s: larger than %d bytes", variable, path, MAX_FILE_BYTES));
        return text;
}
