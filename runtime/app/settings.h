/* The variables that every process has. */
#pragma once

#include "app/config.h"

typedef struct AppSettings {
        const char *grpc_address;
        int64_t grpc_port;
        int64_t grpc_threads;
        int64_t workers;
        int64_t queue_limit;
        int64_t call_timeout_ms;
        int64_t drain_timeout_ms;
        const char *log_level;
        const char *jwks_file;
        const char *service_key_file;
} AppSettings;

#define APP_N_SETTINGS 10

/* The table, bound to settings. */
void app_settings_table(AppSettings *settings, ConfigVariable ret_table[APP_N_SETTINGS]);
