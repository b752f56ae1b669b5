/* Publishes events on the bus; implements RelayPublisher. */
#pragma once

#include "biz/relay/relay.h"
#include "bus/publisher.h"

/* How long a batch may wait for its acknowledgements. */
#define EVENT_PUBLISH_TIMEOUT_MS 5000

typedef struct EventPublisher {
        RelayPublisher base;
        BusPublisher *publisher;
} EventPublisher;

EventPublisher event_publisher_new(BusPublisher *publisher);
