/* Inside the part: from a delivery of the bus to an event. */
#pragma once

#include "events/consumer.h"

/*
 * Text of a header that is one, not empty, and no longer than EVENT_MAX_HEADER_BYTES; else NULL: headers of a
 * poison event may be anything.
 */
const char *event_delivered_text(const char *header);

/* What the headers say; NULL, 0 or empty is what they do not. Without the message. */
Event event_delivered_event(const BusDelivery *delivery);

/*
 * Reads the message of an event into arena, and returns what is wrong with the event, as a sentence; NULL
 * when nothing is.
 */
const char *event_delivered_read(Arena *arena, const EventConsumerSpec *spec, const BusDelivery *delivery,
                                 Event *event) MUST_CHECK;
