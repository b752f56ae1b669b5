/* The connection to NATS JetStream; it reconnects by itself for as long as it lives. */
#pragma once

#include "base/ctx.h"

#define BUS_STREAM "EVENTS"
#define BUS_SUBJECTS "events.>"
#define BUS_DEDUPE_WINDOW_MS INT64_C(120000)
#define BUS_RETENTION_MS (INT64_C(7) * 24 * 3600 * 1000)

typedef struct Bus Bus;

typedef struct BusConfig {
        const char *url; /* "nats://127.0.0.1:4222" */
        const char *user;
        const char *password;
        const char *name; /* of the client, for the server's list */
        int64_t stream_max_bytes;
} BusConfig;

/* Returns at once; connects, and makes the stream when it is missing, in the background. */
Bus *bus_new(const BusConfig *config);
void bus_free(Bus *bus); /* after its publishers and consumers; accepts NULL */

/* True while the connection stands and the stream is known to exist. */
bool bus_is_ready(const Bus *bus);
