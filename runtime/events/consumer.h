/*
 * Consumes the events of aggregates of one type: each is applied exactly once, and each aggregate's in the
 * order of their versions.
 *
 * Events that come together share one transaction: their effects, and the moves of the inbox. When one of
 * them spoils it, each is applied alone. One whose predecessor is missing comes again later. What cannot be
 * applied, ever, is kept in inbox_dead for a person, and the later events of its aggregate flow past it.
 *
 * Fault points: "<consumer>.before_apply" and "<consumer>.after_apply" (committed, not acknowledged); those
 * of the bus come after them. Metric: millrace_consumer_events_total, by consumer and outcome:
 * applied, duplicate, early (each time that it was found so), retried, parked.
 */
#pragma once

#include "base/loop.h"
#include "bus/consumer.h"
#include "events/settings.h"
#include "pg/batch.h"
#include "proto/message.h"

/* How soon an event is asked for again that another process overtook. */
#define EVENT_OVERTAKEN_DELAY_MS INT64_C(50)

/* An event that fails for a reason of its own is parked at this delivery. */
#define EVENT_MAX_DELIVERIES 5

/* A header of an event that is longer counts as none: what it says is part of keys of the inbox. */
#define EVENT_MAX_HEADER_BYTES 255

typedef struct Event {
        const char *type; /* "order.confirmed" */
        const char *aggregate_id;
        int64_t version;
        const ProtobufCMessage *message;
        Trace trace; /* of what made it happen; empty when it does not say */
} Event;

typedef struct EventConsumerSpec {
        const char *consumer;       /* "warehouse": its durable and its rows in the inbox */
        const char *aggregate_type; /* "order": it takes events.order.* */
        const MessageInfo *message; /* of the payload: &events_v1_order_event_info */
        /* The id that the payload says, "" for none; an event whose header says another is refused. */
        const char *(*aggregate_id_of)(const ProtobufCMessage *message);
        /*
         * Adds to the batch the effects of events that are next, in order; the inbox moves with them. It may
         * be called again with the same events, after a batch that failed. An event that it writes to the
         * outbox goes on with the trace of the one that it follows from (OutboxEvent.trace).
         *
         * errors     internal and final for an event that can never be applied
         */
        const Error *(*apply)(void *self, PgBatch *batch, const Event *events, size_t n);
        void *self;
} EventConsumerSpec;

typedef struct EventConsumer EventConsumer;

/* Lives in arena; pool, and what spec points to, outlive it. */
EventConsumer *event_consumer_new(Arena *arena, PgPool *pool, const EventConsumerSpec *spec,
                                  const EventSettings *settings);

/* How the bus brings it its events: a handler, whose self is the consumer, and its limits. */
BusConsumerConfig event_consumer_on_bus(EventConsumer *consumer);

/* What forgets in its inbox, for a loop. */
LoopSpec event_consumer_sweep(EventConsumer *consumer);
