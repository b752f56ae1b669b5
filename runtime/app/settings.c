#include "app/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_COMMON 24
#define EXIT_WRONG_USE 2
#define MAX_FILE_BYTES (64 * 1024)

static void refuse(const char *problem) {
        fprintf(stderr, "%s\n", problem);
        exit(EXIT_WRONG_USE);
}

static void common_variables(const AppSpec *spec, AppSettings *settings,
                             ConfigVariable ret_variables[N_COMMON]) {
        const ConfigVariable variables[N_COMMON] = {
                { "MILLRACE_GRPC_ADDRESS", CONFIG_TEXT, &settings->grpc_address, "127.0.0.1", NULL,
                  "IP address that gRPC listens on, or a socket's unix:PATH; not for strangers", 0, 0 },
                { "MILLRACE_GRPC_PORT", CONFIG_INT64, &settings->grpc_port,
                  spec->grpc_port ? spec->grpc_port : "0", NULL, "Port that gRPC listens on; 0: any free one",
                  0, 65535 },
                { "MILLRACE_GRPC_THREADS", CONFIG_INT64, &settings->grpc_threads, "1", "threads",
                  "Threads that read calls and write answers", 1, 64 },
                { "MILLRACE_WORKERS", CONFIG_INT64, &settings->n_workers, "88", "threads",
                  "Threads that run handlers", 1, 1024 },
                { "MILLRACE_QUEUE_LIMIT", CONFIG_INT64, &settings->queue_limit, "1024", "calls",
                  "Calls that may wait for a worker or their turn; more are refused at once", 0, 100000 },
                { "MILLRACE_METHOD_CALLS", CONFIG_INT64, &settings->method_calls, "0", "calls",
                  "Calls of one method that run at a time; more wait. 0: three quarters of the workers", 0,
                  1024 },
                { "MILLRACE_CALLER_CALLS", CONFIG_INT64, &settings->caller_calls, "8", "calls",
                  "Calls of one customer or user that run at a time; more wait. 0: any number", 0, 1024 },
                { "MILLRACE_CALLER_WAITING", CONFIG_INT64, &settings->caller_waiting, "100", "calls",
                  "Calls of one customer or user that may wait; more are refused at once", 0, 100000 },
                { "MILLRACE_CALLEE_CALLS", CONFIG_INT64, &settings->callee_calls, "0", "calls",
                  "Calls in flight to one other service; more wait. 0: half of the workers", 0, 1024 },
                { "MILLRACE_CALLEE_WAIT_MS", CONFIG_INT64, &settings->callee_wait_ms, "1000", "ms",
                  "How long such a call waits before it is refused", 0, 60000 },
                { "MILLRACE_BREAKER_FAILURES", CONFIG_INT64, &settings->breaker_failures, "5", "calls",
                  "Failures of another service's method that open its breaker, if half of its calls",
                  1, 1000000 },
                { "MILLRACE_BREAKER_WINDOW_MS", CONFIG_INT64, &settings->breaker_window_ms, "60000", "ms",
                  "Time in which they count", 1000, 3600000 },
                { "MILLRACE_BREAKER_TRIAL_MS", CONFIG_INT64, &settings->breaker_trial_ms, "5000", "ms",
                  "Pause before an open breaker lets one call through", 1, 3600000 },
                { "MILLRACE_REFLECTION", CONFIG_BOOL, &settings->reflection, "false", NULL,
                  "Whether gRPC describes its services to whoever asks (grpcurl)", 0, 0 },
                { "MILLRACE_DUMPABLE", CONFIG_BOOL, &settings->dumpable, "false", NULL,
                  "Whether core dumps, gdb and perf of the same user see its memory, and its secrets", 0, 0 },
                { "MILLRACE_LOG_LEVEL", CONFIG_TEXT, &settings->log_level, "info", NULL,
                  "Lines below are dropped: debug, info, warning, error", 0, 0 },
                { "MILLRACE_LOG_CALLS", CONFIG_TEXT, &settings->log_calls, "info", NULL,
                  "Level of the lines about calls that succeed: debug, info, warning, error", 0, 0 },
                { "MILLRACE_JWKS_FILE", CONFIG_TEXT, &settings->jwks_file, "", NULL,
                  "File with the public keys (JWKS) of the tokens; needed by what serves gRPC", 0, 0 },
                { "MILLRACE_SERVICE_KEY_FILE", CONFIG_TEXT, &settings->service_key_file, "", NULL,
                  "File with the private key (JWK) of its own tokens; needed by what calls other services", 0,
                  0 },
                { "MILLRACE_CALL_MS", CONFIG_INT64, &settings->call_ms, "30000", "ms",
                  "Time that a call to another service may take, if its caller gave no less", 1, 600000 },
                { "MILLRACE_DRAIN_DELAY_MS", CONFIG_INT64, &settings->drain_delay_ms, "0", "ms",
                  "How long health says NOT_SERVING before calls are refused", 0, 600000 },
                { "MILLRACE_DRAIN_MS", CONFIG_INT64, &settings->drain_ms, "50000", "ms",
                  "How long a stop waits for the calls in flight", 0, 600000 },
                { "MILLRACE_METRICS_ADDRESS", CONFIG_TEXT, &settings->metrics_address, "127.0.0.1", NULL,
                  "IP address of /metrics, /health/live and /health/ready", 0, 0 },
                { "MILLRACE_METRICS_PORT", CONFIG_INT64, &settings->metrics_port, "0", NULL,
                  "Port of /metrics, /health/live and /health/ready; 0: none", 0, 65535 },
        };

        memcpy(ret_variables, variables, sizeof(variables));
}

static bool parse_level(const char *name, LogLevel *ret_level) {
        static const char *const names[] = { "debug", "info", "warning", "error" };

        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
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

static void print_help(const AppSpec *spec, const ConfigVariable *common) {
        config_print(stdout, spec->program, spec->summary, common, N_COMMON);
        config_print_more(stdout, spec->variables, spec->n_variables);
        exit(EXIT_SUCCESS);
}

void app_settings_read(const AppSpec *spec, int argc, char **argv, AppSettings *settings) {
        ConfigVariable common[N_COMMON];
        const char *problem;

        common_variables(spec, settings, common);
        if (argc == 2 && str_equal(argv[1], "--help"))
                print_help(spec, common);
        if (argc > 1)
                refuse("This program takes no arguments but --help: everything is set by the environment");
        if (!config_read(common, N_COMMON, &problem) ||
            !config_read(spec->variables, spec->n_variables, &problem))
                refuse(problem);
        read_level("MILLRACE_LOG_LEVEL", settings->log_level, &settings->level);
        read_level("MILLRACE_LOG_CALLS", settings->log_calls, &settings->calls_level);
}

const char *app_settings_file(Arena *arena, const char *variable, const char *path) {
        if (str_is_empty(path))
                refuse(arena_printf(arena, "%s must be set for this program", variable));
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
