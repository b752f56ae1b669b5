/* The customer service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct CustomerConfig {
        const char *keys_file;     /* of crypt/keyring.h */
        int64_t n_hashes;          /* passwords that are hashed at once */
        int64_t n_waiting;         /* calls that wait for that */
        int64_t key_hours;         /* how long a key signs access tokens */
        int64_t sweep_interval_ms; /* between looks for what is over, and for a key that is due */
        int64_t points_hold_ms;     /* how long points are held for an order */
        int64_t points_interval_ms; /* between looks for points whose time is over */
} CustomerConfig;

extern const AppService customer_app_service;
