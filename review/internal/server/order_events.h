/* What the events of orders mean to reviews and to requests for them. */
#pragma once

#include "events/consumer.h"

/* For a copy, whose self is the delay from delivery to request, in ms: const int64_t *. */
extern const EventConsumerSpec review_order_events;
