/*
 * What parcels cost and when they arrive by a set of rules: a pure function of both and a time, so that the
 * same is computed again whenever it is asked for.
 *
 * source     000 Step 5
 */
#pragma once

#include "base/ctx.h"
#include "biz/shipping/rules.h"
#include "shipping/v1/shipping.reasons.h"

#define SHIPPING_DEFAULT_CURRENCY "USD"

/* A parcel's volume counts as a gram for each so many cubic millimetres. */
#define SHIPPING_MM3_PER_GRAM 5000

/* Of one piece and its package; what is not known is 0. */
typedef struct ParcelLine {
        int64_t quantity;
        int64_t weight_grams;
        int64_t length_mm;
        int64_t width_mm;
        int64_t height_mm;
} ParcelLine;

/* What one seller sends from one warehouse. */
typedef struct Parcel {
        const char *seller_id; /* "": not known */
        const char *warehouse_id;
        const ParcelLine *lines;
        size_t n_lines;
} Parcel;

/* What is asked for. */
typedef struct ShippingQuestion {
        const Parcel *parcels;
        size_t n_parcels;
        const char *country;
        const char *state;    /* "": none */
        const char *currency; /* "": SHIPPING_DEFAULT_CURRENCY */
        const char *tier;     /* "": none */
} ShippingQuestion;

/* One parcel by one method, and the rules that say so. */
typedef struct ParcelPrice {
        int64_t billable_grams;
        int64_t price_minor;
        int64_t delivery_us; /* some time of the day on which it arrives */
        const ShippingRule *rate;
        const ShippingRule *transit;
        const ShippingRule *warehouse; /* NULL: the warehouse belongs to no zone */
} ParcelPrice;

typedef struct ShippingOption {
        ShippingMethod method;
        const ParcelPrice *parcels; /* one per parcel of the question */
        int64_t total_minor;
        int64_t delivery_us; /* of the last parcel */
        bool is_taxable;
} ShippingOption;

typedef struct ShippingQuote {
        const char *currency;
        const ShippingRule *zone;
        ShippingOption options[SHIPPING_N_METHODS];
        size_t n_options;
        int64_t rates_version;
        int64_t as_of_us;
} ShippingQuote;

/*
 * Prices parcels, whose fields obey the rules of the contract, by every method that takes all of them.
 *
 * errors     DESTINATION_NOT_SERVED, NO_SHIPPING_METHOD; INVALID_REQUEST for an unknown currency, a country
 *            that is no code, two parcels of one seller and warehouse, and a price that does not fit
 */
const Error *shipping_price_parcels(Ctx *ctx, const ShippingRuleSet *rules, int64_t at_us,
                                    const ShippingQuestion *question, ShippingQuote *ret_quote) MUST_CHECK;

/* The greater one of a parcel's weight and what its volume counts as, piece by piece in whole grams. */
int64_t shipping_billable_grams(const Parcel *parcel);

/* The time so many working days later, Monday to Friday in UTC; 0 days on a weekend is the Monday. */
int64_t shipping_add_working_days(int64_t wall_us, int64_t days);
