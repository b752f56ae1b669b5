/* Messages of the shipping service and what they mean to the business, one function per message. */
#pragma once

#include "biz/shipping/fulfilment.h"
#include "biz/shipping/tariff.h"
#include "shipping/v1/shipping.rpc.h"

/* What is asked for; in arena, its texts borrowed from the message. */
ShippingQuestion shipping_question_from_message(Arena *arena, const ShippingV1QuoteRequest *request);

/* question: that it answers */
void shipping_quote_to_message(Arena *arena, const ShippingQuestion *question, const ShippingQuote *quote,
                               ShippingV1QuoteResponse *response);

ShippingV1ShippingRule *shipping_rule_to_message(Arena *arena, const ShippingRule *rule);

/* Rules that are to be set; texts are borrowed from the messages. errors: internal, for a method's word */
ShippingRule shipping_zone_from_message(const ShippingV1SetShippingZoneRequest *request);
ShippingRule shipping_warehouse_from_message(const ShippingV1SetWarehouseZoneRequest *request);
const Error *shipping_rate_from_message(Arena *arena, const ShippingV1SetShippingRateRequest *request,
                                        ShippingRule *ret_rule) MUST_CHECK;
const Error *shipping_transit_from_message(Arena *arena, const ShippingV1SetTransitTimeRequest *request,
                                           ShippingRule *ret_rule) MUST_CHECK;

ShippingV1Shipment *shipping_shipment_to_message(Arena *arena, const Shipment *shipment);
ShippingV1Shipment **shipping_shipments_to_message(Arena *arena, const Shipment *shipments, size_t n);
ShippingV1ShipmentChange **shipping_history_to_message(Arena *arena, const ShipmentChange *changes, size_t n);
void shipping_tracking_to_message(Arena *arena, const Fulfilment *fulfilment,
                                  ShippingV1TrackOrderResponse *response);
