/* The warehouse, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct WarehouseConfig {
        int64_t hold_ms;           /* how long a reservation lasts */
        int64_t sweep_interval_ms; /* between looks for expired reservations */
} WarehouseConfig;

extern const AppService warehouse_app_service;
