/* A catalog and a pricing service that know a few things by heart and fail as they are told. Thread-safe. */
#pragma once

#include <stdatomic.h>

#include "catalog/v1/catalog.rpc.h"
#include "pricing/v1/pricing.rpc.h"

typedef enum Mood {
        MOOD_ANSWERS,
        MOOD_AWAY,     /* UNAVAILABLE */
        MOOD_TOO_LATE, /* DEADLINE_EXCEEDED, at once */
        MOOD_SILENT,   /* the same, when the call's time is over */
        MOOD_BROKEN,   /* internal */
} Mood;

/* What a call comes to in that mood; NULL: it answers. */
const Error *market_in_mood(Ctx *ctx, Mood mood);

/*
 * SKU-ABC-001 and SKU-DEF-002 as in the demo data, SKU-YEN for JPY 150000; SKU-GONE is not for sale. A piece
 * of each weighs 250 g and measures 190 x 170 x 80 mm.
 */
typedef struct CatalogBook {
        CatalogService base;
        atomic_int mood;
        atomic_int n_calls;
        atomic_llong more_minor; /* than what a product costs first */
        atomic_bool sells_nothing, forgets_one, swaps_names;
} CatalogBook;

void catalog_book_init(CatalogBook *book);

/* Prices are those of the catalog; there are taxes in US CA, NY and OR, and DE BE. */
typedef struct PriceBook {
        PricingService base;
        atomic_int mood;
        atomic_int n_calls;
        atomic_llong more_minor; /* on each unit */
        atomic_llong bulk_minor; /* off the cart; 0: nothing is */
        atomic_llong rules_version;
        atomic_bool taxes_shipping;
        const Error *(*when_asked)(struct PriceBook *book, Ctx *ctx,
                                   const PricingV1CalculatePricesRequest *request,
                                   PricingV1CalculatePricesResponse *response); /* behind the answer; NULL */
} PriceBook;

#define PRICE_BOOK_AS_OF_S INT64_C(1723400000)

void price_book_init(PriceBook *book);
