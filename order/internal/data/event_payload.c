#include "data/event_payload.h"

#include "base/clock.h"
#include "events/v1/order.rpc.h"
#include "json/codec.h"
#include "proto/values.h"

#define EVENT_SOURCE "order-service"

static CommonV1Money *money(Arena *arena, const Order *order, int64_t minor) {
        return proto_money_to_message(arena, minor, order->pricing.currency);
}

static EventsV1OrderEventItem *item(Arena *arena, const Order *order, const OrderItem *from) {
        EventsV1OrderEventItem *message = events_v1_order_event_item_new(arena);

        message->product_id = str_or_empty(from->product_id);
        message->sku = str_or_empty(from->sku);
        message->name = str_or_empty(from->name);
        message->quantity = from->quantity;
        message->unit_price = money(arena, order, from->unit_price_minor);
        message->total_price = money(arena, order, from->total_minor);
        message->warehouse = str_or_empty(from->warehouse);
        message->discount = money(arena, order, from->discount_minor);
        message->seller_id = str_or_empty(from->seller_id);
        message->tax_class = str_or_empty(from->tax_class);
        message->tax_ppm = from->tax_ppm;
        return message;
}

static EventsV1OrderEventTotals *totals(Arena *arena, const Order *order) {
        EventsV1OrderEventTotals *message = events_v1_order_event_totals_new(arena);
        const OrderPricing *pricing = &order->pricing;

        message->subtotal = money(arena, order, pricing->subtotal_minor);
        message->discounts = money(arena, order, pricing->discounts_minor);
        message->shipping = money(arena, order, pricing->shipping_minor);
        message->tax = money(arena, order, pricing->tax_minor);
        message->total = money(arena, order, pricing->total_minor);
        message->currency = str_or_empty(pricing->currency);
        message->rules_version = pricing->rules_version;
        message->rules_at = proto_time_to_message(arena, pricing->rules_at_us);
        message->degraded = pricing->is_degraded;
        return message;
}

static EventsV1OrderEventCustomer *customer(Arena *arena, const Order *order) {
        EventsV1OrderEventCustomer *message = events_v1_order_event_customer_new(arena);

        message->id = str_or_empty(order->customer_id);
        message->email = str_or_empty(order->customer_email);
        message->tier = str_or_empty(order->customer_tier);
        return message;
}

static EventsV1OrderEventAddresses *addresses(Arena *arena, const Order *order) {
        EventsV1OrderEventAddresses *message = events_v1_order_event_addresses_new(arena);
        EventsV1OrderEventAddress *shipping = events_v1_order_event_address_new(arena);

        shipping->street = str_or_empty(order->shipping_address.street);
        shipping->city = str_or_empty(order->shipping_address.city);
        shipping->state = str_or_empty(order->shipping_address.state);
        shipping->zip_code = str_or_empty(order->shipping_address.zip_code);
        shipping->country = str_or_empty(order->shipping_address.country);
        message->shipping = shipping;
        return message;
}

static EventsV1OrderEventPayment *payment(Arena *arena, const Order *order) {
        EventsV1OrderEventPayment *message = events_v1_order_event_payment_new(arena);

        message->method = str_or_empty(order->payment.method);
        message->transaction_id = str_or_empty(order->payment.transaction_id);
        return message;
}

static EventsV1OrderEventShipping *shipping(Arena *arena, const Order *order) {
        EventsV1OrderEventShipping *message = events_v1_order_event_shipping_new(arena);

        message->method = str_or_empty(order->shipping.method);
        message->estimated_delivery = str_or_empty(order->shipping.estimated_delivery);
        return message;
}

static EventsV1OrderEventLoyalty *loyalty(Arena *arena, const Order *order) {
        EventsV1OrderEventLoyalty *message = events_v1_order_event_loyalty_new(arena);

        message->points_earned = order->loyalty.points_earned;
        message->points_used = order->loyalty.points_used;
        return message;
}

static EventsV1OrderEventData *data(Arena *arena, const Order *order, OrderStatus previous,
                                    const char *reason) {
        EventsV1OrderEventData *message = events_v1_order_event_data_new(arena);

        message->order_id = str_or_empty(order->id);
        message->order_number = str_or_empty(order->number);
        message->customer_id = str_or_empty(order->customer_id);
        message->status = str_or_empty(order_status_name(order->status));
        message->previous_status = str_or_empty(order_status_name(previous));
        message->version = order->version;
        message->n_items = order->n_items;
        message->items = ARENA_ARRAY(arena, EventsV1OrderEventItem *, order->n_items);
        for (size_t i = 0; i < order->n_items; i++)
                message->items[i] = item(arena, order, &order->items[i]);
        message->totals = totals(arena, order);
        message->customer = customer(arena, order);
        message->addresses = addresses(arena, order);
        message->payment = payment(arena, order);
        message->reason = str_or_empty(reason);
        message->shipping = shipping(arena, order);
        message->loyalty = loyalty(arena, order);
        return message;
}

const char *order_event_payload(Arena *arena, const Order *order, OrderStatus previous, const char *reason,
                                const char *event_id) {
        EventsV1OrderEvent *event = events_v1_order_event_new(arena);
        StrBuf json = { .arena = arena };
        int64_t now_us = clock_wall_us();

        event->event_id = str_or_empty(event_id);
        event->event_type = str_or_empty(order_status_event(order->status));
        event->timestamp = proto_time_to_message(arena, now_us - now_us % US_PER_S);
        event->source = EVENT_SOURCE;
        event->data = data(arena, order, previous, reason);
        json_add_message(&json, &events_v1_order_event_info, &event->base);
        return strbuf_text(&json);
}
