/*
 * The transactional outbox: an event is a row written in the transaction of the change that it tells of;
 * outbox-relay publishes it afterwards.
 *
 * source     002 5.2 (outbox table), with the aggregate, its version, and what a relay needs to keep order
 */
#pragma once

#include "pg/batch.h"

/* Aggregates are spread over this many partitions, each with one relay owner at a time. */
#define OUTBOX_PARTITIONS 16

/* The largest payload, so that an event always fits a NATS message. */
#define OUTBOX_PAYLOAD_MAX_BYTES (256 * 1024)

/* The subject of an event is this and its type. */
#define EVENT_SUBJECT_PREFIX "events."

typedef struct OutboxEvent {
        const char *event_id;       /* UUID; also the broker's message id */
        const char *aggregate_type; /* "order" */
        const char *aggregate_id;
        int64_t aggregate_version;  /* 1, 2, 3 ... without gaps */
        const char *event_type;     /* "order.created"; the subject is EVENT_SUBJECT_PREFIX and it */
        const char *payload;        /* JSON text: the envelope with its data */
        const Trace *trace;         /* that it goes on with; NULL: that of the batch's context */
} OutboxEvent;

/* Adds the row to the batch. */
void outbox_add(PgBatch *batch, const OutboxEvent *event);

/*
 * Tells the relay, without waiting and without promise, that there is something to publish; called after the
 * commit. A lost hint costs only the relay's poll interval.
 */
void outbox_hint(void);

/* Where hints go: the relay's unix datagram socket. NULL (the default): nowhere. Called once, at start. */
void outbox_hint_init(const char *socket_path);
