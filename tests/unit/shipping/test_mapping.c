#include "base/clock.h"
#include "book.h"
#include "service/mapping.h"

#define HOUR_US (INT64_C(3600) * US_PER_S)

static Arena *arena;

static void set_up(void) {
        arena = test_ctx()->arena;
}

static GoogleProtobufTimestamp *at(int64_t seconds) {
        GoogleProtobufTimestamp *time = google_protobuf_timestamp_new(arena);

        time->seconds = seconds;
        return time;
}

/* ---- quotes ---- */

static ShippingV1QuoteRequest *request_of_two(void) {
        ShippingV1QuoteRequest *request = shipping_v1_quote_request_new(arena);

        request->n_parcels = 2;
        request->parcels = ARENA_ARRAY(arena, ShippingV1Parcel *, 2);
        for (size_t i = 0; i < 2; i++) {
                ShippingV1Parcel *parcel = request->parcels[i] = shipping_v1_parcel_new(arena);
                ShippingV1ParcelLine *line = shipping_v1_parcel_line_new(arena);

                line->quantity = 2, line->weight_grams = 3, line->length_mm = 4;
                line->width_mm = 5, line->height_mm = 6;
                parcel->seller_id = i ? "SELLER-2" : "SELLER-1";
                parcel->warehouse_id = "WH-1";
                parcel->n_lines = 1;
                parcel->lines = ARENA_ARRAY(arena, ShippingV1ParcelLine *, 1);
                parcel->lines[0] = line;
        }
        request->destination = shipping_v1_destination_new(arena);
        request->destination->country = "US";
        request->destination->state = "CA";
        request->currency = "USD";
        request->tier = "gold";
        return request;
}

TEST(a_question_is_what_the_message_asks) {
        ShippingQuestion question = shipping_question_from_message(arena, request_of_two());
        const ParcelLine *line = &question.parcels[1].lines[0];

        ck_assert_uint_eq(question.n_parcels, 2);
        ck_assert_str_eq(question.parcels[0].seller_id, "SELLER-1");
        ck_assert_str_eq(question.parcels[1].seller_id, "SELLER-2");
        ck_assert_str_eq(question.parcels[1].warehouse_id, "WH-1");
        ck_assert_uint_eq(question.parcels[1].n_lines, 1);
        ck_assert_int_eq(line->quantity, 2);
        ck_assert_int_eq(line->weight_grams, 3);
        ck_assert_int_eq(line->length_mm, 4);
        ck_assert_int_eq(line->width_mm, 5);
        ck_assert_int_eq(line->height_mm, 6);
        ck_assert_str_eq(question.country, "US");
        ck_assert_str_eq(question.state, "CA");
        ck_assert_str_eq(question.currency, "USD");
        ck_assert_str_eq(question.tier, "gold");
}

TEST(a_quote_shows_every_price_with_its_rules) {
        ShippingV1QuoteResponse *response = shipping_v1_quote_response_new(arena);
        ShippingQuestion question = shipping_question_from_message(arena, request_of_two());

        book_home();
        book_warehouse("WH-1", "NEAR");
        ShippingQuote quote = book_quote(&question);
        shipping_quote_to_message(arena, &question, &quote, response);
        ck_assert_uint_eq(response->n_options, 1);
        ck_assert_str_eq(response->options[0]->method, "standard");
        ck_assert_int_eq(response->options[0]->total->minor, 3198);
        ck_assert_str_eq(response->options[0]->total->currency, "USD");
        ck_assert(response->options[0]->taxable);
        ck_assert_str_eq(response->options[0]->estimated_delivery, "2024-08-19");
        ck_assert_uint_eq(response->options[0]->n_parcels, 2);
        const ShippingV1ParcelPrice *price = response->options[0]->parcels[1];
        ck_assert_str_eq(price->seller_id, "SELLER-2");
        ck_assert_str_eq(price->warehouse_id, "WH-1");
        ck_assert_int_eq(price->price->minor, 1599);
        ck_assert_int_eq(price->billable_grams, 6);
        ck_assert(price->taxable);
        ck_assert_str_eq(price->estimated_delivery, "2024-08-19");
        ck_assert_int_eq(price->zone_rule_id, 1);
        ck_assert_int_eq(price->rate_rule_id, 2);
        ck_assert_int_eq(price->transit_rule_id, 3);
        ck_assert_int_eq(price->warehouse_rule_id, 4);
        ck_assert_int_eq(response->rates_version, 4);
        ck_assert_int_eq(response->as_of->seconds, BOOK_NOW / US_PER_S);
}

/* ---- rules ---- */

TEST(a_rate_is_what_the_message_sets_and_is_shown_so) {
        ShippingV1SetShippingRateRequest *request = shipping_v1_set_shipping_rate_request_new(arena);
        ShippingRule rule;

        request->zone = "HOME", request->from_zone = "NEAR", request->method = "express";
        request->currency = "EUR", request->tier = "gold";
        request->above_grams = 1, request->max_grams = 2, request->amount_minor = 3;
        request->step_grams = 4, request->step_minor = 5;
        request->valid_from = at(10), request->valid_to = at(20);
        ck_assert_ok(shipping_rate_from_message(arena, request, &rule));
        ck_assert_int_eq(rule.method, SHIPPING_EXPRESS);
        ck_assert(rule.is_taxable);
        ck_assert_int_eq(rule.valid_from_us, 10 * US_PER_S);
        ck_assert_int_eq(rule.valid_to_us, 20 * US_PER_S);
        rule.id = 7, rule.created_by = "USER-1", rule.created_at_us = HOUR_US;
        ShippingV1ShippingRule *message = shipping_rule_to_message(arena, &rule);
        ck_assert_int_eq(message->rule_id, 7);
        ck_assert_int_eq(message->kind, SHIPPING__V1__SHIPPING_RULE_KIND__SHIPPING_RULE_KIND_RATE);
        ck_assert_str_eq(message->zone, "HOME");
        ck_assert_str_eq(message->from_zone, "NEAR");
        ck_assert_str_eq(message->method, "express");
        ck_assert_str_eq(message->tier, "gold");
        ck_assert_int_eq(message->above_grams, 1);
        ck_assert_int_eq(message->max_grams, 2);
        ck_assert_int_eq(message->amount->minor, 3);
        ck_assert_str_eq(message->amount->currency, "EUR");
        ck_assert_int_eq(message->step_grams, 4);
        ck_assert_int_eq(message->step->minor, 5);
        ck_assert(message->taxable);
        ck_assert_int_eq(message->valid_from->seconds, 10);
        ck_assert_int_eq(message->valid_to->seconds, 20);
        ck_assert_str_eq(message->created_by, "USER-1");
        ck_assert_int_eq(message->created_at->seconds, 3600);
        request->untaxed = true;
        ck_assert_ok(shipping_rate_from_message(arena, request, &rule));
        ck_assert(!rule.is_taxable);
        request->method = "pigeon";
        ck_assert_ptr_nonnull(shipping_rate_from_message(arena, request, &rule));
}

TEST(the_other_rules_are_what_their_messages_set) {
        ShippingV1SetShippingZoneRequest *zone = shipping_v1_set_shipping_zone_request_new(arena);
        ShippingV1SetWarehouseZoneRequest *warehouse = shipping_v1_set_warehouse_zone_request_new(arena);
        ShippingV1SetTransitTimeRequest *transit = shipping_v1_set_transit_time_request_new(arena);
        ShippingRule rule;

        zone->country = "US", zone->state = "CA", zone->zone = "HOME", zone->valid_to = at(0);
        rule = shipping_zone_from_message(zone);
        ck_assert_int_eq(rule.kind, SHIPPING_ZONE);
        ck_assert_str_eq(rule.country, "US");
        ck_assert_str_eq(rule.state, "CA");
        ck_assert_str_eq(rule.zone, "HOME");
        ck_assert_int_eq(rule.valid_from_us, SHIPPING_ALWAYS);
        ck_assert_int_eq(rule.valid_to_us, 0);
        warehouse->warehouse_id = "WH-1", warehouse->zone = "NEAR", warehouse->valid_from = at(1);
        rule = shipping_warehouse_from_message(warehouse);
        ck_assert_int_eq(rule.kind, SHIPPING_WAREHOUSE);
        ck_assert_str_eq(rule.warehouse_id, "WH-1");
        ck_assert_str_eq(rule.zone, "NEAR");
        ck_assert_int_eq(rule.valid_from_us, US_PER_S);
        ck_assert_int_eq(rule.valid_to_us, SHIPPING_NEVER);
        transit->zone = "HOME", transit->from_zone = "NEAR", transit->method = "overnight", transit->days = 1;
        ck_assert_ok(shipping_transit_from_message(arena, transit, &rule));
        ck_assert_int_eq(rule.kind, SHIPPING_TRANSIT);
        ck_assert_str_eq(rule.zone, "HOME");
        ck_assert_str_eq(rule.from_zone, "NEAR");
        ck_assert_int_eq(rule.method, SHIPPING_OVERNIGHT);
        ck_assert_int_eq(rule.days, 1);
        transit->method = "";
        ck_assert_ok(shipping_transit_from_message(arena, transit, &rule));
        ck_assert_int_eq(rule.method, SHIPPING_NO_METHOD);
}

TEST(a_rule_without_a_currency_has_no_amounts_and_one_without_an_end_no_end) {
        ShippingRule rule = shipping_rule_of(SHIPPING_TRANSIT);
        ShippingV1ShippingRule *message = shipping_rule_to_message(arena, &rule);

        ck_assert_ptr_null(message->amount);
        ck_assert_ptr_null(message->step);
        ck_assert_ptr_null(message->valid_from);
        ck_assert_ptr_null(message->valid_to);
        rule = shipping_rule_of(SHIPPING_RATE);
        rule.currency = "USD";
        message = shipping_rule_to_message(arena, &rule);
        ck_assert_int_eq(message->amount->minor, 0);
        ck_assert_ptr_null(message->step);
}

/* ---- shipments ---- */

static Shipment shipment_of(const ShipmentItem *items, size_t n) {
        return (Shipment) {
                .shipment_id = "SHP-1",
                .order = { "ORD-1", "CUST-1", "standard", "2024-08-15",
                           { "123 Main St", "Berkeley", "CA", "94704", "US" } },
                .seller_id = "SELLER-1", .warehouse_id = "WH-1", .status = SHIPMENT_DELIVERED,
                .carrier = "UPS", .tracking_number = "1Z999", .created_at_us = HOUR_US,
                .shipped_at_us = 2 * HOUR_US, .delivered_at_us = 3 * HOUR_US, .version = 3,
                .items = items, .n_items = n,
        };
}

TEST(a_shipment_is_shown_whole) {
        const ShipmentItem items[] = { { "PROD-1", "SKU-1", "One", 2 }, { "PROD-2", "SKU-2", "Other", 1 } };
        Shipment shipment = shipment_of(items, 2);
        ShippingV1Shipment *message = shipping_shipment_to_message(arena, &shipment);

        ck_assert_str_eq(message->shipment_id, "SHP-1");
        ck_assert_str_eq(message->order_id, "ORD-1");
        ck_assert_str_eq(message->customer_id, "CUST-1");
        ck_assert_str_eq(message->seller_id, "SELLER-1");
        ck_assert_str_eq(message->warehouse_id, "WH-1");
        ck_assert_int_eq(message->status, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_DELIVERED);
        ck_assert_str_eq(message->method, "standard");
        ck_assert_str_eq(message->estimated_delivery, "2024-08-15");
        ck_assert_str_eq(message->carrier, "UPS");
        ck_assert_str_eq(message->tracking_number, "1Z999");
        ck_assert_int_eq(message->created_at->seconds, 3600);
        ck_assert_int_eq(message->shipped_at->seconds, 7200);
        ck_assert_int_eq(message->delivered_at->seconds, 10800);
        ck_assert_int_eq(message->version, 3);
        ck_assert_str_eq(message->address->street, "123 Main St");
        ck_assert_str_eq(message->address->city, "Berkeley");
        ck_assert_str_eq(message->address->state, "CA");
        ck_assert_str_eq(message->address->zip_code, "94704");
        ck_assert_str_eq(message->address->country, "US");
        ck_assert_uint_eq(message->n_items, 2);
        ck_assert_str_eq(message->items[1]->product_id, "PROD-2");
        ck_assert_str_eq(message->items[1]->sku, "SKU-2");
        ck_assert_str_eq(message->items[1]->name, "Other");
        ck_assert_int_eq(message->items[0]->quantity, 2);
}

TEST(what_has_not_happened_has_no_time) {
        Shipment shipment = shipment_of(NULL, 0);

        shipment.shipped_at_us = shipment.delivered_at_us = 0;
        ShippingV1Shipment *message = shipping_shipments_to_message(arena, &shipment, 1)[0];
        ck_assert_ptr_null(message->shipped_at);
        ck_assert_ptr_null(message->delivered_at);
        ck_assert_uint_eq(message->n_items, 0);
}

TEST(a_history_says_who_did_what_when) {
        ShipmentChange change = { 2, SHIPMENT_SHIPPED, "UPS", "1Z999", "because", "SELLER-1", HOUR_US };
        ShippingV1ShipmentChange *message = shipping_history_to_message(arena, &change, 1)[0];

        ck_assert_int_eq(message->version, 2);
        ck_assert_int_eq(message->status, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_SHIPPED);
        ck_assert_str_eq(message->carrier, "UPS");
        ck_assert_str_eq(message->tracking_number, "1Z999");
        ck_assert_str_eq(message->reason, "because");
        ck_assert_str_eq(message->actor, "SELLER-1");
        ck_assert_int_eq(message->changed_at->seconds, 3600);
}

TEST(tracking_shows_all_shipments_of_an_order_as_one) {
        ShippingV1TrackOrderResponse *response = shipping_v1_track_order_response_new(arena);
        Shipment shipments[] = { shipment_of(NULL, 0), shipment_of(NULL, 0) };
        Fulfilment fulfilment = { .order_id = "ORD-1", .shipments = shipments, .n_shipments = 2 };

        shipments[1].status = SHIPMENT_SHIPPED;
        shipments[1].shipment_id = "SHP-2";
        shipping_tracking_to_message(arena, &fulfilment, response);
        ck_assert_str_eq(response->order_id, "ORD-1");
        ck_assert_int_eq(response->status, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_SHIPPED);
        ck_assert_str_eq(response->estimated_delivery, "2024-08-15");
        ck_assert_uint_eq(response->n_shipments, 2);
        ck_assert_str_eq(response->shipments[1]->shipment_id, "SHP-2");
        fulfilment.n_shipments = 0;
        response = shipping_v1_track_order_response_new(arena);
        shipping_tracking_to_message(arena, &fulfilment, response);
        ck_assert_int_eq(response->status, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_CANCELLED);
        ck_assert_str_eq(response->estimated_delivery, "");
}

int main(void) {
        Suite *suite = suite_create("shipping/mapping");
        TCase *tests = tcase_create("mapping");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
