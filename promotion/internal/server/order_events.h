/* What the events of orders do to their uses of promotions. */
#pragma once

#include "events/consumer.h"

extern const EventConsumerSpec promotion_order_events;
