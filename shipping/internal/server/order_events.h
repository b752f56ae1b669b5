/* What the events of orders do to their shipments. */
#pragma once

#include "events/consumer.h"

/* Its self is the pool of the service's database: assemble makes a copy of it. */
extern const EventConsumerSpec shipping_order_events;
