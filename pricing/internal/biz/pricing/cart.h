/*
 * What a cart costs by a set of rules: a pure function of both and a time, so that the same is computed again
 * whenever it is asked for.
 *
 * source     000 Step 3 and 4; 002 3.3
 */
#pragma once

#include "base/ctx.h"
#include "biz/pricing/rules.h"
#include "pricing/v1/pricing.reasons.h"

#define PRICING_DEFAULT_CURRENCY "USD"
#define PRICING_DEFAULT_TAX_CLASS "standard"

/* Nothing that is priced by a rule or the catalog costs more, in minor units. */
#define PRICING_MAX_MINOR INT64_C(1000000000000)

typedef struct CartLine {
        const char *sku;
        int64_t quantity;
        const char *warehouse_id;  /* "": no warehouse's markup */
        const char *base_currency; /* NULL: the catalog has no price */
        int64_t base_minor;
        const char *tax_class; /* "": PRICING_DEFAULT_TAX_CLASS */
} CartLine;

/* What is asked for. */
typedef struct Cart {
        const char *path; /* what errors put before the names of its fields: "cart."; NULL: nothing */
        const CartLine *lines;
        size_t n_lines;
        const char *currency; /* that the prices are wanted in; "": PRICING_DEFAULT_CURRENCY */
        const char *tier;     /* "": none */
        const char *const *segments;
        size_t n_segments;
        const char *country; /* NULL: no taxes are wanted */
        const char *state;
} Cart;

typedef enum PriceStepKind {
        PRICING_STEP_BASE_PRICE,
        PRICING_STEP_PRICE_LIST,
        PRICING_STEP_CATALOG_PRICE,
        PRICING_STEP_CONVERSION,
        PRICING_STEP_WAREHOUSE_MARKUP,
        PRICING_STEP_QUANTITY_BREAK,
} PriceStepKind;

/* One step to a unit price. */
typedef struct PriceStep {
        PriceStepKind kind;
        int64_t rule_id;             /* 0: no rule, the catalog */
        const char *before_currency; /* NULL: it is the first */
        int64_t before_minor;
        const char *after_currency;
        int64_t after_minor;
} PriceStep;

/* Base, list, conversion, markup, break, and the conversion of a break's price. */
#define PRICING_MAX_STEPS 6

typedef struct PricedLine {
        int64_t unit_minor;
        int64_t total_minor;
        PriceStep steps[PRICING_MAX_STEPS];
        size_t n_steps;
        const PriceRule *tax; /* NULL: none was wanted */
} PricedLine;

/* One by quantity and one by subtotal, at most. */
#define PRICING_MAX_BULK_DISCOUNTS 2

typedef struct BulkDiscount {
        const PriceRule *rule;
        int64_t amount_minor;
} BulkDiscount;

typedef enum PriceRuleVerdict {
        PRICING_RULE_USED = 1,
        PRICING_RULE_NOT_VALID,
        PRICING_RULE_REPLACED,
        PRICING_RULE_OTHER_CUSTOMERS,
        PRICING_RULE_BELOW_MINIMUM,
        PRICING_RULE_NO_RATE,
        PRICING_RULE_NOT_BEST,
        PRICING_RULE_NO_BASE_PRICE,
} PriceRuleVerdict;

/* A rule that was looked at for a line, or for the whole cart. */
typedef struct TriedRule {
        const PriceRule *rule;
        size_t line; /* PRICING_WHOLE_CART: for all */
        PriceRuleVerdict verdict;
} TriedRule;

#define PRICING_WHOLE_CART SIZE_MAX

/* So many are told of one cart: more would not fit into an answer. */
#define PRICING_MAX_TRIED 500

typedef struct PricedCart {
        const char *currency;
        const PricedLine *lines; /* one per line of the cart */
        size_t n_lines;
        BulkDiscount bulk_discounts[PRICING_MAX_BULK_DISCOUNTS];
        size_t n_bulk_discounts;
        int64_t subtotal_minor;
        int64_t rules_version;
        int64_t as_of_us;
        const TriedRule *tried; /* when they were wanted */
        size_t n_tried;
} PricedCart;

/*
 * Prices a cart, whose fields obey the rules of the contract, by the rules at a time.
 *
 * explains   whether the rules that were tried are wanted
 * errors     PRICE_UNAVAILABLE, TAX_UNKNOWN; INVALID_REQUEST for an unknown currency, a catalog's price below
 *            0 or above PRICING_MAX_MINOR, a country that is no code, for a sum that does not fit, and for
 *            lines that meet more than PRICING_MAX_TRIED rules which are wanted
 */
const Error *pricing_price_cart(Ctx *ctx, const PriceRuleSet *rules, int64_t at_us, const Cart *cart,
                                bool explains, PricedCart *ret_priced) MUST_CHECK;
