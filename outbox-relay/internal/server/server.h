/* The relay, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct RelayConfig {
        const char *sources;     /* "order=DSN;warehouse=DSN" */
        const char *hint_socket; /* path; "": none */
        int64_t batch_limit;     /* events */
        int64_t poll_min_ms;
        int64_t poll_max_ms;
        int64_t retention_hours;
} RelayConfig;

extern const AppService relay_app_service;
