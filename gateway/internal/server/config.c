#include "server/server.h"

static const ConfigVariable variables[] = {
        CONFIG_TEXT(GatewayConfig, address, "MILLRACE_HTTP_ADDRESS", "127.0.0.1",
                    "IP address that REST listens on"),
        CONFIG_NUMBER(GatewayConfig, port, "MILLRACE_HTTP_PORT", "8080", NULL, 0, 65535,
                      "Port that REST listens on"),
        CONFIG_NUMBER(GatewayConfig, n_threads, "MILLRACE_HTTP_THREADS", "2", "threads", 1, 64,
                      "Threads that read requests and write answers"),
        CONFIG_NUMBER(GatewayConfig, max_connections, "MILLRACE_HTTP_CONNECTIONS", "1024", "connections", 2,
                      100000, "Connections that are open at once, at most"),
        CONFIG_NUMBER(GatewayConfig, max_per_address, "MILLRACE_HTTP_CONNECTIONS_PER_ADDRESS", "64",
                      "connections", 1, 100000, "Connections of one IPv4 address or IPv6 /64, at most"),
        CONFIG_TEXT(GatewayConfig, trusted_proxies, "MILLRACE_HTTP_TRUSTED_PROXIES", "",
                    "IP addresses and networks (10.0.0.0/8) of proxies in front, separated by commas: their "
                    "X-Forwarded-For says who asks, and their connections are not counted by address"),
        CONFIG_NUMBER(GatewayConfig, idle_timeout_ms, "MILLRACE_HTTP_IDLE_MS", "30000", "ms", 1000, 3600000,
                      "How long a connection may wait for its next request"),
        CONFIG_NUMBER(GatewayConfig, head_timeout_ms, "MILLRACE_HTTP_HEAD_MS", "5000", "ms", 100, 3600000,
                      "How long a client may take to send a request's line and headers"),
        CONFIG_NUMBER(GatewayConfig, body_timeout_ms, "MILLRACE_HTTP_BODY_MS", "10000", "ms", 100, 3600000,
                      "How long a client may take to send a request's body"),
        CONFIG_NUMBER(GatewayConfig, write_timeout_ms, "MILLRACE_HTTP_WRITE_MS", "10000", "ms", 100, 3600000,
                      "How long an answer may wait for a client that does not read on"),
        CONFIG_NUMBER(GatewayConfig, stop_timeout_ms, "MILLRACE_HTTP_STOP_MS", "50000", "ms", 0, 600000,
                      "How long a stop waits for the calls in flight"),
        CONFIG_TEXT(GatewayConfig, cors_origins, "MILLRACE_CORS_ORIGINS", "",
                    "Origins of web pages that may call, separated by commas; * for all"),
        CONFIG_NUMBER(GatewayConfig, rate_limit_per_minute, "MILLRACE_RATE_LIMIT_PER_MINUTE", "100",
                      "requests", 1, 1000000000,
                      "Requests of one customer, or of one address without a token, in a minute"),
        CONFIG_NUMBER(GatewayConfig, call_timeout_ms, "MILLRACE_GATEWAY_CALL_MS", "10000", "ms", 1, 600000,
                      "Time that a call may take"),
        CONFIG_NUMBER(GatewayConfig, create_timeout_ms, "MILLRACE_GATEWAY_CREATE_MS", "45000", "ms", 1,
                      600000, "Time that a long-running call may take: placing an order"),
};

const ConfigTable gateway_config_table = CONFIG_TABLE(GatewayConfig, variables);
