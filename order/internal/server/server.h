/* The order service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct OrderConfig {
        int64_t deadline_ms;        /* PlaceOrder takes this at most */
        int64_t hold_ms;            /* the warehouse's: how long stock is held */
        int64_t usage_hold_ms;      /* promotion's: how long uses are held */
        int64_t points_hold_ms;     /* customer's: how long points are held */
        int64_t lease_ms;           /* without renewal a saga's owner counts as dead after this */
        int64_t runner_interval_ms; /* between looks for sagas to resume */
        int64_t settle_interval_ms; /* between looks for holds to confirm, when nothing wakes it */
        int64_t unpaid_limit;       /* orders of one customer at a time; 0: any number */
        int64_t declines_limit;     /* of one customer in declines_minutes; 0: any number */
        int64_t declines_minutes;
        int64_t last_said_ms; /* what customer, catalog and pricing said counts so long when they are away */
} OrderConfig;

extern const AppService order_app_service;
