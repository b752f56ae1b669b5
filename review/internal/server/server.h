/* The review service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct ReviewConfig {
        int64_t request_delay_ms; /* from delivery to the request */
        int64_t link_ms;          /* how long its links lead somewhere */
        int64_t send_interval_ms; /* between looks for requests that are due */
        const char *link_url;     /* what stands before the text of a link */
        const char *link_key_file;
} ReviewConfig;

extern const AppService review_app_service;
