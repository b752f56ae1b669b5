/* The promotion service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct PromotionConfig {
        int64_t hold_ms;           /* how long uses are held */
        int64_t sweep_interval_ms; /* between looks for expired holds */
} PromotionConfig;

extern const AppService promotion_app_service;
