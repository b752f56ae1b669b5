/* Publishes events on the bus; implements RelayPublisher. */
#pragma once

#include "biz/relay/relay.h"
#include "bus/publisher.h"

/* How long a batch may wait for its acknowledgements. */
#define EVENT_PUBLISH_TIMEOUT_MS 5000

/* Lives in arena; publisher outlives it. */
RelayPublisher *relay_event_publisher_new(Arena *arena, BusPublisher *publisher);
