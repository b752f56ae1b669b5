#include "data/shipping_client.h"

#include <string.h>

#include "base/callee.h"
#include "base/memory.h"
#include "base/money.h"
#include "proto/values.h"
#include "shipping/v1/shipping.reasons.h"

typedef ShippingV1QuoteResponse Answer;
typedef ShippingV1ShippingOption Option;

typedef struct ShippingClient {
        Shipping base;
        ShippingService *shipping;
        CalleeMethod *quote, *track; /* that an order is cancelled is never refused */
} ShippingClient;

/* ---- what is asked ---- */

static ShippingV1ParcelLine *line_of(Arena *arena, const OrderItem *item) {
        ShippingV1ParcelLine *line = shipping_v1_parcel_line_new(arena);

        line->sku = item->sku;
        line->quantity = item->quantity;
        line->weight_grams = item->size.weight_grams;
        line->length_mm = item->size.length_mm;
        line->width_mm = item->size.width_mm;
        line->height_mm = item->size.height_mm;
        return line;
}

/* That of the item's seller and warehouse; a new one behind the others when there is none yet. */
static ShippingV1Parcel *parcel_of(Arena *arena, const Order *order, const OrderItem *item,
                                   ShippingV1QuoteRequest *request) {
        for (size_t i = 0; i < request->n_parcels; i++)
                if (str_equal(request->parcels[i]->seller_id, item->seller_id) &&
                    str_equal(request->parcels[i]->warehouse_id, item->warehouse))
                        return request->parcels[i];
        ShippingV1Parcel *parcel = shipping_v1_parcel_new(arena);
        parcel->seller_id = item->seller_id;
        parcel->warehouse_id = item->warehouse;
        parcel->lines = ARENA_ARRAY(arena, ShippingV1ParcelLine *, order->n_items);
        request->parcels[request->n_parcels++] = parcel;
        return parcel;
}

static void add_parcels(Arena *arena, const Order *order, ShippingV1QuoteRequest *request) {
        request->parcels = ARENA_ARRAY(arena, ShippingV1Parcel *, order->n_items);
        for (size_t i = 0; i < order->n_items; i++) {
                ShippingV1Parcel *parcel = parcel_of(arena, order, &order->items[i], request);

                parcel->lines[parcel->n_lines++] = line_of(arena, &order->items[i]);
        }
}

static const Error *ask(ShippingClient *client, Ctx *ctx, const Order *order, Answer *response,
                        size_t *ret_n_parcels) {
        ShippingV1QuoteRequest *request = shipping_v1_quote_request_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, SHIPPING_TIMEOUT_MS);
        CalleeCall calling;

        add_parcels(ctx->arena, order, request);
        request->destination = shipping_v1_destination_new(ctx->arena);
        request->destination->country = str_or_empty(order->shipping_address.country);
        request->destination->state = str_or_empty(order->shipping_address.state);
        request->currency = order->pricing.currency;
        request->tier = str_or_empty(order->customer_tier);
        *ret_n_parcels = request->n_parcels;
        TRY(callee_begin(client->quote, ctx, &calling));
        const Error *error = client->shipping->quote(client->shipping, &call, request, response);
        callee_end(&calling, error);
        return error;
}

/* ---- what is refused ---- */

/* The reason of an order whose address others reach by another method. */
#define METHOD_NOT_OFFERED "METHOD_NOT_OFFERED"

static const Error *no_shipping(Ctx *ctx, const Order *order, const char *reason, const Error *cause) {
        const char *method = str_or_empty(order->shipping.method), *country = order->shipping_address.country;
        const char *currency = order->pricing.currency;
        Error *error = error_wrap(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_SHIPPING_UNAVAILABLE, cause,
                                  "There is no %s%sshipping to %s in %s", method, *method ? " " : "", country,
                                  currency);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("method", method), error_text("country", country),
                         error_text("currency", currency), error_text("reason", reason));
        return error;
}

/* The field of an order that a field of shipping's was taken from. */
static const char *field_of(Arena *arena, const char *field) {
        static const struct {
                const char *theirs, *ours;
        } names[] = { { "destination", "shippingAddress" }, { "parcels", "items" } };

        if (str_starts_with(field, names[0].theirs))
                return arena_printf(arena, "%s%s", names[0].ours, field + strlen(names[0].theirs));
        return str_starts_with(field, names[1].theirs) ? names[1].ours : field;
}

static const Error *cannot_be_sent(Ctx *ctx, const Error *cause) {
        Error *error = error_wrap(ctx->arena, cause->code, cause->reason, cause,
                                  "The order cannot be sent as it is");

        for (size_t i = 0; i < cause->n_violations; i++)
                error_add_violation(ctx->arena, error, field_of(ctx->arena, cause->violations[i].field),
                                    cause->violations[i].description);
        return error;
}

/* What the caller of the order hears. */
static const Error *refusal_of(Ctx *ctx, const Order *order, const Error *error) {
        if (error_is(error, REASON_DESTINATION_NOT_SERVED) || error_is(error, REASON_NO_SHIPPING_METHOD))
                return no_shipping(ctx, order, error->reason, error);
        if (error_is(error, REASON_INVALID_REQUEST))
                return cannot_be_sent(ctx, error);
        return error;
}

/* What only shipping knows is not made up: what it costs, or where shipments are. */
static const Error *without_answer(Ctx *ctx, const char *what, const Error *cause) {
        TRY(ctx_check(ctx));
        return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                          "Shipping does not answer, and %s is not known without it: try again", what);
}

/* ---- what is answered ---- */

/* Adds up what the parcels cost, and what of it is taxable. */
static bool add_up(const Option *option, const Order *order, ShippingQuote *quote) {
        for (size_t i = 0; i < option->n_parcels; i++) {
                const ShippingV1ParcelPrice *parcel = option->parcels[i];

                if (!proto_money_is_in(parcel->price, order->pricing.currency) ||
                    !money_add(quote->cost_minor, parcel->price->minor, &quote->cost_minor))
                        return false;
                if (parcel->taxable)
                        quote->taxable_minor += parcel->price->minor;
        }
        return proto_money_is_in(option->total, order->pricing.currency) &&
               option->total->minor == quote->cost_minor;
}

static const Option *chosen(const Answer *response, const Order *order) {
        for (size_t i = 0; i < response->n_options; i++)
                if (str_equal(response->options[i]->method, order->shipping.method))
                        return response->options[i];
        return NULL;
}

static const Error *read_option(Ctx *ctx, const Order *order, const Answer *response, const Option *option,
                                size_t n_parcels, ShippingQuote *ret_quote) {
        ShippingQuote quote = {
                .estimated_delivery = option->estimated_delivery,
                .rates_version = response->rates_version,
                .rates_at_us = response->as_of ? proto_time_from_message(response->as_of) : 0,
        };
        if (option->n_parcels != n_parcels || !add_up(option, order, &quote) ||
            str_is_empty(quote.estimated_delivery) || quote.rates_version < 1 || quote.rates_at_us < 1)
                return error_internal(ctx->arena, NULL, "The answer of shipping makes no sense");
        *ret_quote = quote;
        return NULL;
}

static const Error *ask_costs(Shipping *self, Ctx *ctx, const Order *order, Answer *response,
                              size_t *ret_n_parcels) {
        const Error *error = ask((ShippingClient *) self, ctx, order, response, ret_n_parcels);

        if (callee_is_away(error))
                return without_answer(ctx, "what it costs", error);
        return refusal_of(ctx, order, error);
}

static const Error *quote(Shipping *self, Ctx *ctx, const Order *order, ShippingQuote *ret_quote) {
        Answer *response = shipping_v1_quote_response_new(ctx->arena);
        size_t n_parcels;

        TRY(ask_costs(self, ctx, order, response, &n_parcels));
        const Option *option = chosen(response, order);
        if (!option)
                return no_shipping(ctx, order, METHOD_NOT_OFFERED, NULL);
        return read_option(ctx, order, response, option, n_parcels, ret_quote);
}

static bool is_offered(const Answer *response, const Order *order) {
        return response->n_options > 0 &&
               (str_is_empty(order->shipping.method) || chosen(response, order));
}

static const Error *ways(Shipping *self, Ctx *ctx, const Order *order, ShippingWay **ret_ways,
                         size_t *ret_n) {
        Answer *response = shipping_v1_quote_response_new(ctx->arena);
        size_t n_parcels;

        TRY(ask_costs(self, ctx, order, response, &n_parcels));
        if (!is_offered(response, order))
                return no_shipping(ctx, order, METHOD_NOT_OFFERED, NULL);
        *ret_n = response->n_options;
        *ret_ways = ARENA_ARRAY(ctx->arena, ShippingWay, *ret_n);
        for (size_t i = 0; i < *ret_n; i++) {
                const Option *option = response->options[i];

                (*ret_ways)[i].method = option->method;
                TRY(read_option(ctx, order, response, option, n_parcels, &(*ret_ways)[i].quote));
        }
        return NULL;
}

/* ---- cancelling ---- */

static const Error *cancel(Shipping *self, Ctx *ctx, const char *order_id, const char *reason) {
        ShippingService *shipping = ((ShippingClient *) self)->shipping;
        ShippingV1CancelShipmentsRequest *request = shipping_v1_cancel_shipments_request_new(ctx->arena);
        ShippingV1CancelShipmentsResponse *response = shipping_v1_cancel_shipments_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, SHIPPING_TIMEOUT_MS);

        request->order_id = order_id;
        request->reason = str_or_empty(reason);
        return shipping->cancel_shipments(shipping, &call, request, response);
}

/* ---- tracking ---- */

static const Error *ask_where(ShippingClient *client, Ctx *ctx, const char *order_id,
                              ShippingV1TrackOrderResponse *response) {
        ShippingV1TrackOrderRequest *request = shipping_v1_track_order_request_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, SHIPPING_TIMEOUT_MS);
        CalleeCall calling;

        request->order_id = order_id;
        TRY(callee_begin(client->track, ctx, &calling));
        const Error *error = client->shipping->track_order(client->shipping, &call, request, response);
        callee_end(&calling, error);
        return error;
}

SAME_NUMBER(SHIPMENT_CREATED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_CREATED);
SAME_NUMBER(SHIPMENT_SHIPPED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_SHIPPED);
SAME_NUMBER(SHIPMENT_DELIVERED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_DELIVERED);
SAME_NUMBER(SHIPMENT_CANCELLED, SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_CANCELLED);

static int64_t time_or_zero(const GoogleProtobufTimestamp *time) {
        return time ? proto_time_from_message(time) : 0;
}

static Shipment shipment_of(Arena *arena, const ShippingV1Shipment *message) {
        Shipment shipment = {
                .id = message->shipment_id,
                .seller_id = message->seller_id,
                .warehouse_id = message->warehouse_id,
                .status = (ShipmentStatus) message->status,
                .carrier = message->carrier,
                .tracking_number = message->tracking_number,
                .estimated_delivery = message->estimated_delivery,
                .shipped_at_us = time_or_zero(message->shipped_at),
                .delivered_at_us = time_or_zero(message->delivered_at),
                .items = ARENA_ARRAY(arena, ShipmentItem, message->n_items),
                .n_items = message->n_items,
        };

        for (size_t i = 0; i < message->n_items; i++) {
                const ShippingV1ShipmentItem *item = message->items[i];

                shipment.items[i] =
                        (ShipmentItem) { item->product_id, item->sku, item->name, item->quantity };
        }
        return shipment;
}

/* An order that shipping does not know has no shipments yet. */
static const Error *track(Shipping *self, Ctx *ctx, const char *order_id, Shipment **ret_shipments,
                          size_t *ret_n) {
        ShippingV1TrackOrderResponse *response = shipping_v1_track_order_response_new(ctx->arena);
        const Error *error = ask_where((ShippingClient *) self, ctx, order_id, response);

        if (callee_is_away(error))
                return without_answer(ctx, "where its shipments are", error);
        if (!error_is(error, REASON_NOTHING_TO_TRACK))
                TRY(error);
        Shipment *shipments = ARENA_ARRAY(ctx->arena, Shipment, response->n_shipments);
        for (size_t i = 0; i < response->n_shipments; i++) {
                shipments[i] = shipment_of(ctx->arena, response->shipments[i]);
                if (shipments[i].status < SHIPMENT_CREATED || shipments[i].status > SHIPMENT_CANCELLED)
                        return error_internal(ctx->arena, NULL, "The answer of shipping makes no sense");
        }
        *ret_shipments = shipments;
        *ret_n = response->n_shipments;
        return NULL;
}

Shipping *order_shipping_client_new(Arena *arena, ShippingService *shipping) {
        ShippingClient *client = ARENA_NEW(arena, ShippingClient);
        Callee *callee = callee_new(arena, "shipping");

        *client = (ShippingClient) {
                .base = { .quote = quote, .ways = ways, .cancel = cancel, .track = track },
                .shipping = shipping,
                .quote = callee_method_new(arena, callee, "Quote"),
                .track = callee_method_new(arena, callee, "TrackOrder"),
        };
        return &client->base;
}
