/*
 * A durable push consumer in a deliver group: events come in batches to one handler thread, and each is
 * acknowledged only after the handler said so. Fault points: "<durable>.before_ack", "<durable>.after_ack".
 */
#pragma once

#include "bus/bus.h"

typedef enum BusVerdict {
        BUS_ACK,   /* applied, or known already */
        BUS_RETRY, /* again after retry_delay_ms */
        BUS_EARLY, /* the event before it is not applied: after that one, which the consumer looks for */
        BUS_PARK,  /* poison: never again; the handler has stored it where a person can see it */
} BusVerdict;

/* The delay of a BUS_RETRY whose handler names none. */
#define BUS_RETRY_DELAY_MS 1000

/* How soon an early event comes again; longer each time, up to a limit. */
#define BUS_EARLY_DELAY_MS INT64_C(50)
#define BUS_EARLY_DELAY_MAX_MS INT64_C(5000)

/* From this delivery on, what an early event waits for is read from the stream. */
#define BUS_EARLY_PATIENCE 3

/* An event whose predecessor cannot be found there either is an orphan from this delivery on: some 40 s. */
#define BUS_EARLY_MAX_DELIVERIES 40

typedef struct BusDelivery {
        const char *subject;
        const char *message_id;
        const char *payload; /* terminated */
        size_t payload_bytes;
        const char *aggregate_id; /* from the headers; NULL when there is none */
        int64_t aggregate_version;
        int64_t previous_version;  /* that must be applied before; 0: none that can still come */
        int64_t previous_sequence; /* where the stream has that one; 0: not known */
        const char *event_type;
        const char *traceparent;
        uint64_t n_delivered; /* 1: the first time */
        uint64_t sequence;
        bool is_orphan; /* the one before it will not come: park it, so that those after it flow past */
        /* out; BUS_RETRY when the handler leaves it alone */
        BusVerdict verdict;
        int64_t retry_delay_ms;
} BusDelivery;

/* Runs on the consumer's thread with an arena that is reset after each batch; its deadline is ack_wait_ms. */
typedef void (*BusHandler)(void *self, Ctx *ctx, BusDelivery *deliveries, size_t n);

typedef struct BusConsumerConfig {
        const char *durable; /* "warehouse"; also the deliver group */
        const char *filter;  /* "events.order.*" */
        size_t batch_limit;  /* deliveries per call of the handler */
        int64_t max_ack_pending;
        int64_t ack_wait_ms;
        BusHandler handler;
        void *self;
} BusConsumerConfig;

typedef struct BusConsumer BusConsumer;

/* Returns at once; in the background it updates the durable's settings and binds, again after a loss. */
BusConsumer *bus_consumer_new(Bus *bus, const BusConsumerConfig *config);

/* Finishes the batch at hand, then stops. Accepts NULL. */
void bus_consumer_free(BusConsumer *consumer);

/* True while it is bound to its durable and takes what comes. */
bool bus_consumer_is_bound(const BusConsumer *consumer);
