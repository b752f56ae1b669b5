/* What a process can be told by its environment. */
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
        const char *test_jwks_file;
        const char *user_keys_file;
        int64_t user_keys_interval_ms;
        const char *service_key_file;
        int64_t call_ms;
        int64_t drain_delay_ms;
        int64_t drain_ms;
        const char *metrics_address;
        int64_t metrics_port;
        const char *relay_hint;
        BusConfig bus;
        EventSettings events;
        LogLevel level;       /* of log_level */
        LogLevel calls_level; /* of log_calls */
} AppSettings;

/* Of one part. */
typedef struct AppPartSettings {
        const char *dsn;
        int64_t n_sessions;
        void *config; /* of its service's table */
} AppPartSettings;

/* Of one service that is called. */
typedef struct AppTarget {
        const RpcService *service;
        const char *address; /* "127.0.0.1:8004" */
} AppTarget;

/* What the program's services need together. */
typedef struct AppNeeds {
        size_t n_parts;
        bool bus, events, outbox, stream;
} AppNeeds;

typedef struct AppEnvironment {
        AppNeeds needs;
        AppSettings common;
        AppPartSettings *parts; /* one per service of the program */
        AppTarget *targets;     /* of what is called and not in this process */
        size_t n_targets;
        const ConfigTable **tables; /* all that were read */
        size_t n_tables;
} AppEnvironment;

/*
 * Handles --help and --version and reads everything that the program's parts can be told; it lives in arena.
 * Exits with 0 after these, with 2 and a sentence when the arguments or the environment are wrong.
 */
AppEnvironment *app_environment_read(Arena *arena, const AppProgram *program, int argc, char **argv);

/* Warns of each variable that is set and looks like one that the program reads, but is not it. */
void app_environment_doubt(const AppEnvironment *environment);

/*
 * The text of a file that a variable names; exits with 2 and a sentence when it is not set or cannot be read.
 */
const char *app_settings_file(Arena *arena, const char *variable, const char *path);

/* The same of one that holds a secret (base/secret.h). */
const char *app_settings_secret(Arena *arena, const char *variable, const char *path);

/* Exits with 2 and a sentence about the variable when there is an error. */
void app_settings_exit_on(Arena *arena, const char *variable, const Error *error);

/* True when the program has a service that serves the calls of this one. */
bool app_program_serves(const AppProgram *program, const RpcService *service);
