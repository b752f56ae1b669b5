/* What the events of shipments do to their orders. */
#pragma once

#include "base/metrics.h"
#include "events/consumer.h"

typedef struct OrderFollower {
        PgPool *pool;
        Metric *late; /* events that came too late for their order, each time that it was found so */
} OrderFollower;

/* Lives in arena; pool outlives it. */
OrderFollower *order_follower_new(Arena *arena, PgPool *pool);

/* Its self is an OrderFollower: assemble makes a copy of it. */
extern const EventConsumerSpec order_shipment_events;
