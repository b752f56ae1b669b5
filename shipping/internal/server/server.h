/* The shipping service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct ShippingConfig {
        int64_t look_interval_ms; /* between two looks for new rules, when no hint comes */
        int64_t max_age_ms;       /* how long known rules are used while the database is away */
} ShippingConfig;

extern const AppService shipping_app_service;
