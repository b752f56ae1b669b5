#include "shipping_book.h"

#include <stdio.h>
#include <time.h>

#include "base/memory.h"
#include "base/str.h"
#include "market.h"
#include "proto/values.h"
#include "shipping/v1/shipping.reasons.h"

static const struct {
        const char *country, *currency, *method;
        int64_t minor;
} rates[] = {
        { "US", "USD", "standard", 1599 }, { "US", "USD", "express", 2999 },
        { "US", "USD", "overnight", 4999 }, { "US", "JPY", "express", 2500 },
        { "DE", "EUR", "standard", 690 },  { "DE", "EUR", "express", 1490 },
};

static ShippingV1ParcelPrice *price_of(Arena *arena, const ShippingBook *book, const ShippingV1Parcel *parcel,
                                       int64_t minor, const char *currency) {
        ShippingV1ParcelPrice *price = shipping_v1_parcel_price_new(arena);

        price->seller_id = parcel->seller_id;
        price->warehouse_id = parcel->warehouse_id;
        price->price = proto_money_to_message(arena, minor, currency);
        price->taxable = !book->is_free_of_taxes;
        return price;
}

static ShippingV1ShippingOption *option_of(Arena *arena, const ShippingBook *book,
                                           const ShippingV1QuoteRequest *request, size_t rate) {
        ShippingV1ShippingOption *option = shipping_v1_shipping_option_new(arena);

        option->method = rates[rate].method;
        option->estimated_delivery = "2024-08-15";
        option->total = proto_money_to_message(arena, rates[rate].minor, request->currency);
        option->n_parcels = request->n_parcels;
        option->parcels = ARENA_ARRAY(arena, ShippingV1ParcelPrice *, request->n_parcels);
        for (size_t i = 0; i < request->n_parcels; i++)
                option->parcels[i] = price_of(arena, book, request->parcels[i],
                                              i == 0 ? rates[rate].minor : 0, request->currency);
        option->taxable = !book->is_free_of_taxes;
        return option;
}

static void add_options(Arena *arena, const ShippingBook *book, const ShippingV1QuoteRequest *request,
                        ShippingV1QuoteResponse *response) {
        response->options = ARENA_ARRAY(arena, ShippingV1ShippingOption *, ARRAY_SIZE(rates));
        for (size_t i = 0; i < ARRAY_SIZE(rates); i++)
                if (str_equal(rates[i].country, request->destination->country) &&
                    str_equal(rates[i].currency, request->currency) &&
                    (book->has_yen || !str_equal(rates[i].currency, "JPY")))
                        response->options[response->n_options++] = option_of(arena, book, request, i);
}

static const Error *get_quote(ShippingService *self, Ctx *ctx, const ShippingV1QuoteRequest *request,
                              ShippingV1QuoteResponse *response) {
        ShippingBook *book = (ShippingBook *) self;
        const char *country = request->destination->country;

        book->n_calls++;
        TRY(market_in_mood(ctx, (Mood) book->mood));
        if (!str_equal(country, "US") && !str_equal(country, "DE"))
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_DESTINATION_NOT_SERVED,
                                 "Nothing is sent to %s", country);
        add_options(ctx->arena, book, request, response);
        if (response->n_options == 0)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_NO_SHIPPING_METHOD, "none");
        response->rates_version = book->rates_version;
        response->as_of = google_protobuf_timestamp_new(ctx->arena);
        response->as_of->seconds = SHIPPING_BOOK_AS_OF_S;
        return book->when_asked ? book->when_asked(book, ctx, request, response) : NULL;
}

static const Error *cancel_shipments(ShippingService *self, Ctx *ctx,
                                     const ShippingV1CancelShipmentsRequest *request,
                                     ShippingV1CancelShipmentsResponse *response) {
        ShippingBook *book = (ShippingBook *) self;

        book->n_cancel_calls++;
        while (book->never_answers)
                nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
        TRY(market_in_mood(ctx, (Mood) book->cancel_mood));
        if (book->is_shipped)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_ALREADY_SHIPPED, "shipped");
        if (!shipping_book_has_cancelled(book, request->order_id)) {
                pthread_mutex_lock(&book->lock);
                snprintf(book->cancelled[book->n_cancelled++], sizeof(book->cancelled[0]), "%s",
                         request->order_id);
                pthread_mutex_unlock(&book->lock);
        }
        response->n_cancelled = 1;
        return book->answers_get_lost ? market_in_mood(ctx, MOOD_AWAY) : NULL;
}

static ShippingV1Shipment *tracked_shipment(Arena *arena, const ShippingBook *book) {
        ShippingV1Shipment *shipment = shipping_v1_shipment_new(arena);
        ShippingV1ShipmentItem *item = shipping_v1_shipment_item_new(arena);

        item->product_id = "PROD-67890", item->sku = "SKU-ABC-001", item->name = "Headphones";
        item->quantity = 2;
        shipment->shipment_id = "SHP-1";
        shipment->seller_id = "SELLER-1", shipment->warehouse_id = "US-WEST-01";
        shipment->status = (ShippingV1ShipmentStatus) book->tracked_status;
        shipment->carrier = "UPS", shipment->tracking_number = "1Z999";
        shipment->estimated_delivery = "2024-08-15";
        shipment->shipped_at = proto_time_to_message(arena, INT64_C(1723500000000000));
        shipment->items = ARENA_ARRAY(arena, ShippingV1ShipmentItem *, 1);
        shipment->items[0] = item, shipment->n_items = 1;
        return shipment;
}

static const Error *track_order(ShippingService *self, Ctx *ctx, const ShippingV1TrackOrderRequest *request,
                                ShippingV1TrackOrderResponse *response) {
        ShippingBook *book = (ShippingBook *) self;

        TRY(market_in_mood(ctx, (Mood) book->track_mood));
        if (!book->tracked_status)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_NOTHING_TO_TRACK, "none");
        response->order_id = request->order_id;
        response->shipments = ARENA_ARRAY(ctx->arena, ShippingV1Shipment *, 1);
        response->shipments[0] = tracked_shipment(ctx->arena, book);
        response->n_shipments = 1;
        return NULL;
}

void shipping_book_init(ShippingBook *book) {
        *book = (ShippingBook) { .base = { .quote = get_quote, .cancel_shipments = cancel_shipments,
                                           .track_order = track_order },
                                 .rates_version = 1 };
        pthread_mutex_init(&book->lock, NULL);
}

bool shipping_book_has_cancelled(ShippingBook *book, const char *order_id) {
        bool is_cancelled = false;

        pthread_mutex_lock(&book->lock);
        for (size_t i = 0; i < book->n_cancelled; i++)
                is_cancelled |= str_equal(book->cancelled[i], order_id);
        pthread_mutex_unlock(&book->lock);
        return is_cancelled;
}
