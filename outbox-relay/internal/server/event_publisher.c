#include "server/event_publisher.h"

#include <string.h>

#include "events/outbox.h"

typedef struct EventPublisher {
        RelayPublisher base;
        BusPublisher *publisher;
} EventPublisher;

static BusMessage message_of(Arena *arena, const RelayEvent *event) {
        return (BusMessage) {
                .subject = arena_printf(arena, EVENT_SUBJECT_PREFIX "%s", event->event_type),
                .message_id = event->event_id,
                .payload = event->payload,
                .payload_bytes = strlen(event->payload),
                .aggregate_id = event->aggregate_id,
                .aggregate_version = event->aggregate_version,
                .previous_version = event->previous_version,
                .previous_sequence = event->previous_sequence,
                .event_type = event->event_type,
                .traceparent = event->traceparent,
        };
}

static void take_outcome(RelayEvent *event, const BusMessage *message) {
        event->outcome = message->is_stored    ? RELAY_STORED
                         : message->is_refused ? RELAY_REFUSED
                                               : RELAY_UNKNOWN;
        event->sequence = message->sequence;
        event->problem = message->problem;
}

static const Error *publish(RelayPublisher *self, Ctx *ctx, RelayEvent **events, size_t n) {
        EventPublisher *publisher = (EventPublisher *) self;
        BusMessage *messages = ARENA_ARRAY(ctx->arena, BusMessage, n);

        for (size_t i = 0; i < n; i++)
                messages[i] = message_of(ctx->arena, events[i]);
        const Error *error = bus_publish(publisher->publisher, ctx, messages, n, EVENT_PUBLISH_TIMEOUT_MS);
        for (size_t i = 0; i < n; i++)
                take_outcome(events[i], &messages[i]);
        return error;
}

RelayPublisher *relay_event_publisher_new(Arena *arena, BusPublisher *publisher) {
        EventPublisher *event_publisher = ARENA_NEW(arena, EventPublisher);

        *event_publisher = (EventPublisher) { .base = { .publish = publish }, .publisher = publisher };
        return &event_publisher->base;
}
