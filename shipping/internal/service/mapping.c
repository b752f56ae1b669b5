#include "service/mapping.h"

#include "base/clock.h"
#include "base/str.h"
#include "proto/values.h"

SAME_NUMBER(SHIPMENT_CREATED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_CREATED);
SAME_NUMBER(SHIPMENT_SHIPPED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_SHIPPED);
SAME_NUMBER(SHIPMENT_DELIVERED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_DELIVERED);
SAME_NUMBER(SHIPMENT_CANCELLED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_CANCELLED);
SAME_NUMBER(SHIPPING_ZONE, SHIPPING__V1__SHIPPING_RULE_KIND__SHIPPING_RULE_KIND_ZONE);
SAME_NUMBER(SHIPPING_WAREHOUSE, SHIPPING__V1__SHIPPING_RULE_KIND__SHIPPING_RULE_KIND_WAREHOUSE);
SAME_NUMBER(SHIPPING_RATE, SHIPPING__V1__SHIPPING_RULE_KIND__SHIPPING_RULE_KIND_RATE);
SAME_NUMBER(SHIPPING_TRANSIT, SHIPPING__V1__SHIPPING_RULE_KIND__SHIPPING_RULE_KIND_TRANSIT);
SAME_NUMBER(SHIPPING_ENDING, SHIPPING__V1__SHIPPING_RULE_KIND__SHIPPING_RULE_KIND_ENDING);

/* ---- quotes ---- */

static Parcel parcel_from_message(Arena *arena, const ShippingV1Parcel *message) {
        ParcelLine *lines = ARENA_ARRAY(arena, ParcelLine, message->n_lines);

        for (size_t i = 0; i < message->n_lines; i++) {
                const ShippingV1ParcelLine *line = message->lines[i];

                lines[i] = (ParcelLine) {
                        .quantity = line->quantity,
                        .weight_grams = line->weight_grams,
                        .length_mm = line->length_mm,
                        .width_mm = line->width_mm,
                        .height_mm = line->height_mm,
                };
        }
        return (Parcel) {
                .seller_id = message->seller_id,
                .warehouse_id = message->warehouse_id,
                .lines = lines,
                .n_lines = message->n_lines,
        };
}

ShippingQuestion shipping_question_from_message(Arena *arena, const ShippingV1QuoteRequest *request) {
        Parcel *parcels = ARENA_ARRAY(arena, Parcel, request->n_parcels);

        for (size_t i = 0; i < request->n_parcels; i++)
                parcels[i] = parcel_from_message(arena, request->parcels[i]);
        return (ShippingQuestion) {
                .parcels = parcels,
                .n_parcels = request->n_parcels,
                .country = request->destination->country,
                .state = request->destination->state,
                .currency = request->currency,
                .tier = request->tier,
        };
}

static ShippingV1ParcelPrice *price_to_message(Arena *arena, const Parcel *parcel, const ParcelPrice *price,
                                               const ShippingQuote *quote) {
        ShippingV1ParcelPrice *message = shipping_v1_parcel_price_new(arena);

        message->seller_id = parcel->seller_id;
        message->warehouse_id = parcel->warehouse_id;
        message->price = proto_money_to_message(arena, price->price_minor, quote->currency);
        message->billable_grams = price->billable_grams;
        message->taxable = price->rate->is_taxable;
        message->estimated_delivery = clock_format_date(arena, price->delivery_us);
        message->zone_rule_id = quote->zone->id;
        message->warehouse_rule_id = price->warehouse ? price->warehouse->id : 0;
        message->rate_rule_id = price->rate->id;
        message->transit_rule_id = price->transit->id;
        return message;
}

static ShippingV1ShippingOption *option_to_message(Arena *arena, const ShippingQuestion *question,
                                                   const ShippingQuote *quote, const ShippingOption *option) {
        ShippingV1ShippingOption *message = shipping_v1_shipping_option_new(arena);

        message->method = shipping_method_word(option->method);
        message->total = proto_money_to_message(arena, option->total_minor, quote->currency);
        message->taxable = option->is_taxable;
        message->estimated_delivery = clock_format_date(arena, option->delivery_us);
        message->n_parcels = question->n_parcels;
        message->parcels = ARENA_ARRAY(arena, ShippingV1ParcelPrice *, question->n_parcels);
        for (size_t i = 0; i < question->n_parcels; i++)
                message->parcels[i] =
                        price_to_message(arena, &question->parcels[i], &option->parcels[i], quote);
        return message;
}

void shipping_quote_to_message(Arena *arena, const ShippingQuestion *question, const ShippingQuote *quote,
                               ShippingV1QuoteResponse *response) {
        response->n_options = quote->n_options;
        response->options = ARENA_ARRAY(arena, ShippingV1ShippingOption *, quote->n_options);
        for (size_t i = 0; i < quote->n_options; i++)
                response->options[i] = option_to_message(arena, question, quote, &quote->options[i]);
        response->rates_version = quote->rates_version;
        response->as_of = proto_time_to_message(arena, quote->as_of_us);
}

/* ---- rules ---- */

static GoogleProtobufTimestamp *time_unless(Arena *arena, int64_t time_us, int64_t absent_us) {
        return time_us == absent_us ? NULL : proto_time_to_message(arena, time_us);
}

ShippingV1ShippingRule *shipping_rule_to_message(Arena *arena, const ShippingRule *rule) {
        ShippingV1ShippingRule *message = shipping_v1_shipping_rule_new(arena);

        message->rule_id = rule->id;
        message->kind = (ShippingV1ShippingRuleKind) rule->kind;
        message->country = rule->country;
        message->state = rule->state;
        message->zone = rule->zone;
        message->warehouse_id = rule->warehouse_id;
        message->from_zone = rule->from_zone;
        message->method = shipping_method_word(rule->method);
        message->tier = rule->tier;
        message->above_grams = rule->above_grams;
        message->max_grams = rule->max_grams;
        message->amount = proto_money_to_message(arena, rule->amount_minor, str_or_null(rule->currency));
        message->step_grams = rule->step_grams;
        message->step = rule->step_grams > 0
                                ? proto_money_to_message(arena, rule->step_minor, rule->currency)
                                : NULL;
        message->taxable = rule->is_taxable;
        message->days = rule->days;
        message->ends_rule_id = rule->ends_id;
        message->valid_from = time_unless(arena, rule->valid_from_us, SHIPPING_ALWAYS);
        message->valid_to = time_unless(arena, rule->valid_to_us, SHIPPING_NEVER);
        message->created_by = rule->created_by;
        message->created_at = proto_time_to_message(arena, rule->created_at_us);
        return message;
}

static void set_times(ShippingRule *rule, const GoogleProtobufTimestamp *valid_from,
                      const GoogleProtobufTimestamp *valid_to) {
        if (valid_from)
                rule->valid_from_us = proto_time_from_message(valid_from);
        if (valid_to)
                rule->valid_to_us = proto_time_from_message(valid_to);
}

ShippingRule shipping_zone_from_message(const ShippingV1SetShippingZoneRequest *request) {
        ShippingRule rule = shipping_rule_of(SHIPPING_ZONE);

        rule.country = request->country;
        rule.state = request->state;
        rule.zone = request->zone;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

ShippingRule shipping_warehouse_from_message(const ShippingV1SetWarehouseZoneRequest *request) {
        ShippingRule rule = shipping_rule_of(SHIPPING_WAREHOUSE);

        rule.warehouse_id = request->warehouse_id;
        rule.zone = request->zone;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

const Error *shipping_rate_from_message(Arena *arena, const ShippingV1SetShippingRateRequest *request,
                                        ShippingRule *ret_rule) {
        ShippingRule rule = shipping_rule_of(SHIPPING_RATE);

        TRY(shipping_read_method(arena, request->method, &rule.method));
        rule.zone = request->zone;
        rule.from_zone = request->from_zone;
        rule.currency = request->currency;
        rule.tier = request->tier;
        rule.above_grams = request->above_grams;
        rule.max_grams = request->max_grams;
        rule.amount_minor = request->amount_minor;
        rule.step_grams = request->step_grams;
        rule.step_minor = request->step_minor;
        rule.is_taxable = !request->untaxed;
        set_times(&rule, request->valid_from, request->valid_to);
        *ret_rule = rule;
        return NULL;
}

const Error *shipping_transit_from_message(Arena *arena, const ShippingV1SetTransitTimeRequest *request,
                                           ShippingRule *ret_rule) {
        ShippingRule rule = shipping_rule_of(SHIPPING_TRANSIT);

        TRY(shipping_read_method(arena, request->method, &rule.method));
        rule.zone = request->zone;
        rule.from_zone = request->from_zone;
        rule.days = request->days;
        set_times(&rule, request->valid_from, request->valid_to);
        *ret_rule = rule;
        return NULL;
}

/* ---- shipments ---- */

static CommonV1Address *address_to_message(Arena *arena, const ShipmentAddress *address) {
        CommonV1Address *message = common_v1_address_new(arena);

        message->street = address->street;
        message->city = address->city;
        message->state = address->state;
        message->zip_code = address->zip_code;
        message->country = address->country;
        return message;
}

static ShippingV1ShipmentItem *item_to_message(Arena *arena, const ShipmentItem *item) {
        ShippingV1ShipmentItem *message = shipping_v1_shipment_item_new(arena);

        message->product_id = item->product_id;
        message->sku = item->sku;
        message->name = item->name;
        message->quantity = item->quantity;
        return message;
}

ShippingV1Shipment *shipping_shipment_to_message(Arena *arena, const Shipment *shipment) {
        ShippingV1Shipment *message = shipping_v1_shipment_new(arena);

        message->shipment_id = shipment->shipment_id;
        message->order_id = shipment->order.order_id;
        message->customer_id = shipment->order.customer_id;
        message->seller_id = shipment->seller_id;
        message->warehouse_id = shipment->warehouse_id;
        message->status = (ShippingV1ShipmentStatus) shipment->status;
        message->method = shipment->order.method;
        message->estimated_delivery = shipment->order.estimated_delivery;
        message->carrier = shipment->carrier;
        message->tracking_number = shipment->tracking_number;
        message->created_at = proto_time_to_message(arena, shipment->created_at_us);
        message->shipped_at = proto_time_to_message(arena, shipment->shipped_at_us);
        message->delivered_at = proto_time_to_message(arena, shipment->delivered_at_us);
        message->version = shipment->version;
        message->address = address_to_message(arena, &shipment->order.address);
        message->n_items = shipment->n_items;
        message->items = ARENA_ARRAY(arena, ShippingV1ShipmentItem *, shipment->n_items);
        for (size_t i = 0; i < shipment->n_items; i++)
                message->items[i] = item_to_message(arena, &shipment->items[i]);
        return message;
}

ShippingV1Shipment **shipping_shipments_to_message(Arena *arena, const Shipment *shipments, size_t n) {
        ShippingV1Shipment **messages = ARENA_ARRAY(arena, ShippingV1Shipment *, n);

        for (size_t i = 0; i < n; i++)
                messages[i] = shipping_shipment_to_message(arena, &shipments[i]);
        return messages;
}

ShippingV1ShipmentChange **shipping_history_to_message(Arena *arena, const ShipmentChange *changes,
                                                       size_t n) {
        ShippingV1ShipmentChange **messages = ARENA_ARRAY(arena, ShippingV1ShipmentChange *, n);

        for (size_t i = 0; i < n; i++) {
                ShippingV1ShipmentChange *message = shipping_v1_shipment_change_new(arena);

                message->version = changes[i].version;
                message->status = (ShippingV1ShipmentStatus) changes[i].status;
                message->carrier = changes[i].carrier;
                message->tracking_number = changes[i].tracking_number;
                message->reason = changes[i].reason;
                message->actor = changes[i].actor;
                message->changed_at = proto_time_to_message(arena, changes[i].changed_at_us);
                messages[i] = message;
        }
        return messages;
}

void shipping_tracking_to_message(Arena *arena, const Fulfilment *fulfilment,
                                  ShippingV1TrackOrderResponse *response) {
        response->order_id = fulfilment->order_id;
        response->status = (ShippingV1ShipmentStatus) shipping_overall_status(fulfilment);
        if (fulfilment->n_shipments > 0)
                response->estimated_delivery = fulfilment->shipments[0].order.estimated_delivery;
        response->n_shipments = fulfilment->n_shipments;
        response->shipments =
                shipping_shipments_to_message(arena, fulfilment->shipments, fulfilment->n_shipments);
}
