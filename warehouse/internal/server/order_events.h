/* The consumer of events.order.*: deliveries in, inventory, verdicts out. */
#pragma once

#include "bus/consumer.h"

/* How soon an event is asked for again that another process overtook. */
#define ORDER_EVENTS_OVERTAKEN_DELAY_MS INT64_C(50)

/* An event that fails for a reason of its own is parked at this delivery. */
#define ORDER_EVENTS_MAX_DELIVERIES 5

/*
 * A BusHandler; self is the InventoryUsecase. Events are applied together in one transaction; when one of
 * them spoils it, each by itself. What cannot be applied, ever, is stored and parked.
 */
void warehouse_order_events_handle(void *self, Ctx *ctx, BusDelivery *deliveries, size_t n);
