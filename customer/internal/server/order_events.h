#pragma once

#include "events/consumer.h"

/* Points that orders use and earn: counted when they are confirmed, given and taken back when they end. */
extern const EventConsumerSpec customer_order_events;
