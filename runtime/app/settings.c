#include "app/settings.h"

#include <string.h>

void app_settings_table(AppSettings *settings, ConfigVariable ret_table[APP_N_SETTINGS]) {
        const ConfigVariable table[APP_N_SETTINGS] = {
                { .name = "MILLRACE_GRPC_ADDRESS", .type = CONFIG_TEXT, .value = &settings->grpc_address,
                  .fallback = "127.0.0.1", .help = "Where gRPC listens; never an address that strangers reach." },
                { .name = "MILLRACE_GRPC_PORT", .type = CONFIG_INT64, .value = &settings->grpc_port,
                  .fallback = "8001", .help = "Port of gRPC; 0 takes any free one.", .min = 0, .max = 65535 },
                { .name = "MILLRACE_GRPC_THREADS", .type = CONFIG_INT64, .value = &settings->grpc_threads,
                  .fallback = "1", .unit = "threads", .help = "Threads that move the bytes of gRPC.", .min = 1, .max = 16 },
                { .name = "MILLRACE_WORKERS", .type = CONFIG_INT64, .value = &settings->workers, .fallback = "32",
                  .unit = "threads", .help = "Threads that run handlers.", .min = 1, .max = 512 },
                { .name = "MILLRACE_QUEUE_LIMIT", .type = CONFIG_INT64, .value = &settings->queue_limit,
                  .fallback = "1024", .unit = "calls", .help = "Calls that may wait for a worker; more are refused.",
                  .min = 1, .max = 100000 },
                { .name = "MILLRACE_CALL_TIMEOUT_MS", .type = CONFIG_INT64, .value = &settings->call_timeout_ms,
                  .fallback = "30000", .unit = "ms", .help = "Longest wait for another service.", .min = 10, .max = 600000 },
                { .name = "MILLRACE_DRAIN_TIMEOUT_MS", .type = CONFIG_INT64, .value = &settings->drain_timeout_ms,
                  .fallback = "10000", .unit = "ms", .help = "Time for calls in flight to finish at the end.",
                  .min = 0, .max = 600000 },
                { .name = "MILLRACE_LOG_LEVEL", .type = CONFIG_TEXT, .value = &settings->log_level, .fallback = "info",
                  .help = "The least that is logged: debug, info, warning, error; a call that succeeds is info." },
                { .name = "MILLRACE_JWKS_FILE", .type = CONFIG_TEXT, .value = &settings->jwks_file, .fallback = "",
                  .help = "Public keys that tokens are verified with, a JWKS; needed to serve." },
                { .name = "MILLRACE_SERVICE_KEY_FILE", .type = CONFIG_TEXT, .value = &settings->service_key_file,
                  .fallback = "", .help = "Private key that signs this service's tokens, a JWK; needed to call others." },
        };

        memcpy(ret_table, table, sizeof(table));
}
