/* What the events of orders do to their reservations. */
#pragma once

#include "events/consumer.h"

extern const EventConsumerSpec warehouse_order_events;
