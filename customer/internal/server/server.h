/* The customer service, as its programs see it. */
#pragma once

#include "app/part.h"

typedef struct CustomerConfig {
        const char *keys_file;     /* of crypt/keyring.h */
        int64_t n_hashes;          /* passwords that are hashed at once */
        int64_t n_waiting;         /* calls that wait for that */
        int64_t key_hours;         /* how long a key signs access tokens */
        int64_t sweep_interval_ms; /* between looks for what is over, and for a key that is due */
} CustomerConfig;

extern const AppService customer_app_service;
