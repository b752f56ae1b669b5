/* The connection to NATS JetStream; it reconnects by itself for as long as it lives. */
#pragma once

#include "base/ctx.h"

#define BUS_STREAM "EVENTS"
#define BUS_SUBJECTS "events.>"
#define BUS_DEDUPE_WINDOW_MS INT64_C(120000)
#define BUS_RETENTION_HOURS INT64_C(168)

/* Headers of a message. */
#define BUS_HEADER_MESSAGE_ID "Nats-Msg-Id"
#define BUS_HEADER_AGGREGATE "Millrace-Aggregate"
#define BUS_HEADER_VERSION "Millrace-Version"
#define BUS_HEADER_PREVIOUS_VERSION "Millrace-Previous-Version"
#define BUS_HEADER_PREVIOUS_SEQUENCE "Millrace-Previous-Sequence"
#define BUS_HEADER_EVENT_TYPE "Millrace-Event-Type"
#define BUS_HEADER_TRACEPARENT "traceparent"
#define BUS_HEADER_CONTENT_TYPE "Content-Type"

typedef struct Bus Bus;

typedef struct BusConfig {
        const char *url; /* "nats://127.0.0.1:4222" */
        const char *user; /* may subscribe to "_INBOX_<user>.>", where its answers come */
        const char *password_file; /* read for each connection, so that a password may change */
        const char *name; /* of the client, for the server's list */
        bool keeps_stream; /* makes the stream when it is missing, with these settings; else waits for it */
        int64_t stream_max_bytes;
        int64_t retention_hours; /* of the stream; 0: BUS_RETENTION_HOURS */
} BusConfig;

/* Returns at once; connects, and looks after the stream, in the background. */
Bus *bus_new(const BusConfig *config);
void bus_free(Bus *bus); /* after its publishers and consumers; accepts NULL */

/* How long the stream keeps events, as it was configured. */
int64_t bus_retention_hours(const Bus *bus);

/* True while the connection stands and the stream is known to exist. */
bool bus_is_ready(const Bus *bus);

/*
 * The server takes connections, but JetStream has answered nothing for this long: it stands still for good,
 * as nats-server 2.9 does once its disk was full for one write, and only its restart helps.
 */
#define BUS_STALL_MS INT64_C(20000)
bool bus_is_stalled(const Bus *bus);

/* How often the connection was lost so far; after a loss, bus_stream_state may say something else. */
unsigned bus_count_losses(const Bus *bus);

typedef struct BusStreamState {
        int64_t created_us;    /* another time: another stream, which has nothing of the old one */
        int64_t last_sequence; /* less than an acknowledged one: the server lost what came after */
} BusStreamState;

/*
 * Asks the server what became of the stream.
 *
 * errors     UNAVAILABLE
 */
const Error *bus_stream_state(Bus *bus, Ctx *ctx, BusStreamState *ret_state) MUST_CHECK;
