#include "events/delivered_private.h"

#include <string.h>

#include "base/str.h"
#include "base/trace.h"
#include "events/outbox.h"
#include "json/codec.h"

const char *event_delivered_text(const char *header) {
        size_t n_bytes = strnlen(str_or_empty(header), EVENT_MAX_HEADER_BYTES + 1);

        return n_bytes > 0 && n_bytes <= EVENT_MAX_HEADER_BYTES && str_is_utf8(header, n_bytes) ? header
                                                                                                : NULL;
}

Event event_delivered_event(const BusDelivery *delivery) {
        Event event = {
                .type = event_delivered_text(delivery->event_type),
                .aggregate_id = event_delivered_text(delivery->aggregate_id),
                .version = delivery->aggregate_version > 0 ? delivery->aggregate_version : 0,
        };

        if (!delivery->traceparent || !trace_parse(delivery->traceparent, &event.trace))
                event.trace = (Trace) { 0 };
        return event;
}

/* "events.order.confirmed" is the subject of "order.confirmed", which happens to an "order". */
static bool is_of_type(const EventConsumerSpec *spec, const BusDelivery *delivery, const char *type) {
        size_t n_bytes = strlen(spec->aggregate_type);

        return str_starts_with(type, spec->aggregate_type) && type[n_bytes] == '.' &&
               str_starts_with(delivery->subject, EVENT_SUBJECT_PREFIX) &&
               str_equal(delivery->subject + strlen(EVENT_SUBJECT_PREFIX), type);
}

static const char *problem_of_headers(const EventConsumerSpec *spec, const BusDelivery *delivery,
                                      const Event *event) {
        if (!event->type)
                return "The event has no type";
        if (!is_of_type(spec, delivery, event->type))
                return "The event is of another type than its subject says";
        if (!event->aggregate_id || event->version == 0)
                return "The event has no aggregate, or no version";
        if (delivery->previous_version < 0 || delivery->previous_version >= event->version)
                return "The event names a later one as the one before it";
        return NULL;
}

/* A violation says more than the message above it. */
static const char *problem_of(const Error *error) {
        return error->n_violations > 0 ? error->violations[0].description : error->message;
}

const char *event_delivered_read(Arena *arena, const EventConsumerSpec *spec, const BusDelivery *delivery,
                                 Event *event) {
        const char *problem = problem_of_headers(spec, delivery, event);
        ProtobufCMessage *message;

        if (problem)
                return problem;
        const Error *error =
                json_read_event(arena, spec->message, delivery->payload, delivery->payload_bytes, &message);
        if (error)
                return problem_of(error);
        if (spec->aggregate_id_of && !str_equal(spec->aggregate_id_of(message), event->aggregate_id))
                return "The event is of another aggregate than its header says";
        event->message = message;
        return NULL;
}
