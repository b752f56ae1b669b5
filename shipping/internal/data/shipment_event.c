#include "data/shipment_event.h"

#include "base/clock.h"
#include "data/fulfilment_private.h"
#include "events/v1/shipment.rpc.h"
#include "json/codec.h"
#include "proto/values.h"

#define EVENT_SOURCE SHIPPING_ITSELF

const char *shipping_event_type(const Shipment *changed) {
        if (!changed)
                return "shipment.created";
        return changed->status == SHIPMENT_SHIPPED ? "shipment.shipped" : "shipment.delivered";
}

static EventsV1ShipmentEventShipment *shipment_of(Arena *arena, const Shipment *from) {
        EventsV1ShipmentEventShipment *message = events_v1_shipment_event_shipment_new(arena);

        message->shipment_id = from->shipment_id;
        message->seller_id = from->seller_id;
        message->warehouse_id = from->warehouse_id;
        message->status = shipping_sql_status(from->status);
        message->carrier = from->carrier;
        message->tracking_number = from->tracking_number;
        message->estimated_delivery = from->order.estimated_delivery;
        message->shipped_at = proto_time_to_message(arena, from->shipped_at_us);
        message->delivered_at = proto_time_to_message(arena, from->delivered_at_us);
        return message;
}

static EventsV1ShipmentEventData *data_of(Arena *arena, const Fulfilment *fulfilment,
                                          const Shipment *changed) {
        EventsV1ShipmentEventData *message = events_v1_shipment_event_data_new(arena);

        message->order_id = fulfilment->order_id;
        message->customer_id = fulfilment->customer_id;
        message->version = fulfilment->version;
        message->shipment_id = changed ? changed->shipment_id : "";
        message->shipment_count = (int64_t) fulfilment->n_shipments;
        message->n_shipments = fulfilment->n_shipments;
        message->shipments = ARENA_ARRAY(arena, EventsV1ShipmentEventShipment *, fulfilment->n_shipments);
        for (size_t i = 0; i < fulfilment->n_shipments; i++)
                message->shipments[i] = shipment_of(arena, &fulfilment->shipments[i]);
        return message;
}

const char *shipping_event_payload(Arena *arena, const Fulfilment *fulfilment, const Shipment *changed,
                                   const char *event_id) {
        EventsV1ShipmentEvent *event = events_v1_shipment_event_new(arena);
        StrBuf json = { .arena = arena };
        int64_t now_us = clock_wall_us();

        event->event_id = event_id;
        event->event_type = shipping_event_type(changed);
        event->timestamp = proto_time_to_message(arena, now_us - now_us % US_PER_S);
        event->source = EVENT_SOURCE;
        event->data = data_of(arena, fulfilment, changed);
        json_add_message(&json, &events_v1_shipment_event_info, &event->base);
        return strbuf_text(&json);
}
