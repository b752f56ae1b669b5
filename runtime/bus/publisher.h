/* Publishes many messages without waiting for each, and says of every one whether the stream has it. */
#pragma once

#include "bus/bus.h"

/* Messages that may be on their way at once. */
#define BUS_PUBLISH_WINDOW 1024

/* A larger payload is refused without asking the server, whose own limit (1 MiB) counts the headers too. */
#define BUS_PAYLOAD_MAX_BYTES (512 * 1024)

typedef struct BusMessage {
        const char *subject;
        const char *message_id; /* the stream drops a second one of the same id */
        const char *payload;
        size_t payload_bytes;
        const char *aggregate_id; /* shown as headers, with those below */
        int64_t aggregate_version;
        int64_t previous_version;  /* of the aggregate's event before it; 0: there is none */
        int64_t previous_sequence; /* where the stream has that one */
        const char *event_type;
        const char *traceparent; /* may be NULL */
        /* out */
        bool is_stored;
        int64_t sequence;    /* in the stream, when stored */
        bool is_refused;     /* a rule about this very message: trying again will not help by itself */
        const char *problem; /* when not stored; lives as long as the context's arena */
} BusMessage;

typedef struct BusPublisher BusPublisher;

BusPublisher *bus_publisher_new(Bus *bus);
void bus_publisher_free(BusPublisher *publisher); /* accepts NULL */

/*
 * Publishes n messages, in order, at most BUS_PUBLISH_WINDOW on their way at once, and waits for their
 * acknowledgements at most timeout_ms. Fills in the out fields of each; a message that is neither stored nor
 * refused may yet be in the stream. Once the connection does not take one, those after it are not sent.
 *
 * errors     UNAVAILABLE when a message is neither stored nor refused: the out fields still hold for each
 */
const Error *bus_publish(BusPublisher *publisher, Ctx *ctx, BusMessage *messages, size_t n,
                         int64_t timeout_ms) MUST_CHECK;
