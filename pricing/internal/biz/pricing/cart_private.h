/* Inside the pricing of a cart: the parts of which it is made. */
#pragma once

#include "biz/pricing/cart.h"

/* One cart that is being priced. */
typedef struct Pricing {
        Ctx *ctx;
        const PriceRuleSet *rules;
        int64_t at_us;
        const Cart *cart;
        const char *currency;
        bool explains;
        size_t line; /* that is being priced; PRICING_WHOLE_CART: all */
        TriedRule *tried; /* room for PRICING_MAX_TRIED, when they are wanted */
        size_t n_tried;
        bool has_more; /* than there is room for */
} Pricing;

/* A walk through the rules that count; walk = pricing_walk(...); while ((rule = pricing_next(...))) ... */
typedef struct PriceRuleWalk {
        PriceRules rules;
        size_t next;
} PriceRuleWalk;

PriceRuleWalk pricing_walk(const Pricing *pricing, PriceRuleKind kind, const char *word);

/* The next that is valid and not replaced, the newest first; NULL: there is none. */
const PriceRule *pricing_next(Pricing *pricing, PriceRuleWalk *walk);

/* Remembers what became of a rule, if anybody wants to know; the last that is said holds. */
void pricing_note(Pricing *pricing, const PriceRule *rule, PriceRuleVerdict verdict);

/* An amount in the currency of the cart; false when no rate leads there, or it does not fit. */
typedef struct Converted {
        int64_t minor;
        const PriceRule *rate; /* NULL: it was in that currency */
} Converted;

bool pricing_convert(Pricing *pricing, int64_t minor, const char *currency, Converted *ret_converted)
        __attribute__((warn_unused_result));

/* errors: PRICE_UNAVAILABLE; INVALID_REQUEST for a total that does not fit */
const Error *pricing_price_line(Pricing *pricing, const CartLine *line, PricedLine *ret_priced) MUST_CHECK;

/* errors: TAX_UNKNOWN */
const Error *pricing_find_tax(Pricing *pricing, const CartLine *line, const PriceRule **ret_tax) MUST_CHECK;

/* The discounts on the whole cart, of which the subtotal is known. */
void pricing_discount_cart(Pricing *pricing, PricedCart *priced);

/* errors: INVALID_REQUEST for a sum that does not fit, naming the field */
const Error *pricing_too_large(Ctx *ctx, const char *field) MUST_CHECK;

/* The whole names of a field, and of one of a line, "cart.lines[1].MEMBER", in the context's arena. */
const char *pricing_field(Ctx *ctx, const Cart *cart, const char *member);
const char *pricing_line_field(Ctx *ctx, const Cart *cart, size_t line, const char *member);
