/* What every process can be told by its environment. */
#pragma once

#include "app/app.h"
#include "base/log.h"

typedef struct AppSettings {
        const char *grpc_address;
        int64_t grpc_port;
        int64_t grpc_threads;
        bool reflection;
        bool dumpable;
        int64_t n_workers;
        int64_t queue_limit;
        int64_t method_calls;
        int64_t caller_calls;
        int64_t caller_waiting;
        int64_t callee_calls;
        int64_t callee_wait_ms;
        int64_t breaker_failures;
        int64_t breaker_window_ms;
        int64_t breaker_trial_ms;
        const char *log_level;
        const char *log_calls;
        const char *jwks_file;
        const char *service_key_file;
        int64_t call_ms;
        int64_t drain_delay_ms;
        int64_t drain_ms;
        const char *metrics_address;
        int64_t metrics_port;
        LogLevel level;       /* of log_level */
        LogLevel calls_level; /* of log_calls */
} AppSettings;

/*
 * Handles --help and reads the common variables and the program's own. Exits with 0 after --help, with 2 and
 * a sentence when the arguments or the environment are wrong.
 */
void app_settings_read(const AppSpec *spec, int argc, char **argv, AppSettings *settings);

/*
 * The text of a file that a variable names; exits with 2 and a sentence when it is not set or cannot be read.
 */
const char *app_settings_file(Arena *arena, const char *variable, const char *path);
