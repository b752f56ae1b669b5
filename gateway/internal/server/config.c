#include <assert.h>
#include <string.h>

#include "server/server.h"

size_t gateway_config_variables(GatewayConfig *config, const ConfigVariable **ret_variables) {
        static ConfigVariable variables[19];
        const ConfigVariable bound[] = {
                { "MILLRACE_HTTP_ADDRESS", CONFIG_TEXT, &config->address, "127.0.0.1", NULL,
                  "IP address that REST listens on", 0, 0 },
                { "MILLRACE_HTTP_PORT", CONFIG_INT64, &config->port, "8080", NULL,
                  "Port that REST listens on", 0, 65535 },
                { "MILLRACE_HTTP_THREADS", CONFIG_INT64, &config->n_threads, "2", "threads",
                  "Threads that read requests and write answers", 1, 64 },
                { "MILLRACE_HTTP_CONNECTIONS", CONFIG_INT64, &config->max_connections, "1024", "connections",
                  "Connections that are open at once, at most", 2, 100000 },
                { "MILLRACE_HTTP_CONNECTIONS_PER_ADDRESS", CONFIG_INT64, &config->max_per_address, "64",
                  "connections", "Connections of one IPv4 address or IPv6 /64, at most", 1, 100000 },
                { "MILLRACE_HTTP_TRUSTED_PROXIES", CONFIG_TEXT, &config->trusted_proxies, "", NULL,
                  "IP addresses without a share of their own, separated by commas", 0, 0 },
                { "MILLRACE_HTTP_IDLE_MS", CONFIG_INT64, &config->idle_timeout_ms, "30000", "ms",
                  "How long a connection may wait for its next request", 1000, 3600000 },
                { "MILLRACE_HTTP_HEAD_MS", CONFIG_INT64, &config->head_timeout_ms, "5000", "ms",
                  "How long a client may take to send a request's line and headers", 100, 3600000 },
                { "MILLRACE_HTTP_BODY_MS", CONFIG_INT64, &config->body_timeout_ms, "10000", "ms",
                  "How long a client may take to send a request's body", 100, 3600000 },
                { "MILLRACE_HTTP_WRITE_MS", CONFIG_INT64, &config->write_timeout_ms, "10000", "ms",
                  "How long an answer may wait for a client that does not read on", 100, 3600000 },
                { "MILLRACE_HTTP_STOP_MS", CONFIG_INT64, &config->stop_timeout_ms, "50000", "ms",
                  "How long a stop waits for the calls in flight", 0, 600000 },
                { "MILLRACE_JWKS_FILE", CONFIG_TEXT, &config->jwks_file, NULL, NULL,
                  "File with the public keys (JWKS) that access tokens are signed with", 0, 0 },
                { "MILLRACE_CORS_ORIGINS", CONFIG_TEXT, &config->cors_origins, "", NULL,
                  "Origins of web pages that may call, separated by commas; * for all", 0, 0 },
                { "MILLRACE_RATE_LIMIT_PER_MINUTE", CONFIG_INT64, &config->rate_limit_per_minute, "100",
                  "requests", "Requests of one customer, or of one address without a token, in a minute", 1,
                  1000000000 },
                { "MILLRACE_GATEWAY_CALL_MS", CONFIG_INT64, &config->call_timeout_ms, "10000", "ms",
                  "Time that a call may take", 1, 600000 },
                { "MILLRACE_GATEWAY_CREATE_MS", CONFIG_INT64, &config->create_timeout_ms, "45000", "ms",
                  "Time that a creating call may take", 1, 600000 },
                { "MILLRACE_ORDER_TARGET", CONFIG_TEXT, &config->order_target, "127.0.0.1:8001", NULL,
                  "Where the order service is", 0, 0 },
                { "MILLRACE_WAREHOUSE_TARGET", CONFIG_TEXT, &config->warehouse_target, "127.0.0.1:8004", NULL,
                  "Where the warehouse service is", 0, 0 },
                { "MILLRACE_PAYMENT_TARGET", CONFIG_TEXT, &config->payment_target, "127.0.0.1:8005", NULL,
                  "Where the payment service is", 0, 0 },
        };

        static_assert(sizeof(variables) == sizeof(bound), "a variable more or less");
        memcpy(variables, bound, sizeof(bound));
        *ret_variables = variables;
        return sizeof(bound) / sizeof(bound[0]);
}
