/* A shipping service that has a few rates, cancels orders, and fails as it is told. Thread-safe. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "shipping/v1/shipping.rpc.h"

#define SHIPPING_BOOK_ORDERS 4096

/*
 * Rates of the demo: standard, express and overnight to the US in USD, standard and express to DE in EUR. The
 * first parcel costs them, all others nothing.
 */
typedef struct ShippingBook {
        ShippingService base;
        pthread_mutex_t lock;
        atomic_int mood; /* Mood, of market.h; of quotes */
        atomic_int cancel_mood;
        atomic_int n_calls;
        atomic_llong rates_version;
        atomic_bool is_free_of_taxes; /* the first parcel */
        atomic_bool has_yen;          /* express to the US costs JPY 2500 */
        atomic_bool is_shipped;       /* something of every order */
        atomic_bool answers_get_lost; /* of what was cancelled */
        atomic_int track_mood;
        atomic_int tracked_status; /* ShippingV1ShipmentStatus of every order's shipment; 0: it has none */
        atomic_bool never_answers;    /* who wants an order cancelled, whatever his deadline */
        atomic_int n_cancel_calls;
        char cancelled[SHIPPING_BOOK_ORDERS][64];
        size_t n_cancelled;
        const Error *(*when_asked)(struct ShippingBook *book, Ctx *ctx,
                                   const ShippingV1QuoteRequest *request,
                                   ShippingV1QuoteResponse *response); /* behind the answer; NULL */
} ShippingBook;

#define SHIPPING_BOOK_AS_OF_S INT64_C(1723500000)

void shipping_book_init(ShippingBook *book);

bool shipping_book_has_cancelled(ShippingBook *book, const char *order_id);
