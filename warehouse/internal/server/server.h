/* The warehouse, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct WarehouseConfig {
        int64_t hold_ms;           /* how long a reservation lasts */
        int64_t sweep_interval_ms; /* between looks for expired reservations */
        int64_t ack_wait_ms;       /* after which an event that was not acknowledged comes again */
        int64_t inbox_hours;       /* how long the inbox remembers an order that nothing happens to */
} WarehouseConfig;

extern const AppService warehouse_app_service;
