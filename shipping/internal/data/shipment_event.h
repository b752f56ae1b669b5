/* The payloads of shipment.created, shipment.shipped and shipment.delivered. */
#pragma once

#include "biz/shipping/fulfilment.h"

/* changed: the shipment that was shipped or delivered; NULL: all were created */
const char *shipping_event_type(const Shipment *changed);

/* JSON of events.v1.ShipmentEvent, in arena. */
const char *shipping_event_payload(Arena *arena, const Fulfilment *fulfilment, const Shipment *changed,
                                   const char *event_id);
