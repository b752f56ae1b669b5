/*
 * An order's event as it travels: the envelope with the order as it was.
 *
 * source     004 order.created Event
 */
#pragma once

#include "biz/order/order.h"

/* previous: ORDER_ANY_STATUS at creation; reason may be NULL. JSON text in arena. */
const char *order_event_payload(Arena *arena, const Order *order, OrderStatus previous, const char *reason,
                                const char *event_id);
