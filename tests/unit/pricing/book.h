/* Rules that a test writes down one by one, numbered as they come, and carts of one line. */
#pragma once

#include "biz/pricing/pricing.h"
#include "support.h"

#define BOOK_SIZE 512
#define BOOK_NOW INT64_C(1000000)

typedef struct Book {
        PriceRule rules[BOOK_SIZE];
        size_t n_rules;
} Book;

static Book book;

/* Adds a rule, which has its number then, for the test to fill in. */
static inline PriceRule *book_add(PriceRuleKind kind) {
        ck_assert_uint_lt(book.n_rules, BOOK_SIZE);
        PriceRule *rule = &book.rules[book.n_rules++];
        *rule = pricing_rule_of(kind);
        rule->id = (int64_t) book.n_rules;
        return rule;
}

static inline PriceRule *book_price(PriceRuleKind kind, const char *sku, const char *currency,
                                    int64_t minor) {
        PriceRule *rule = book_add(kind);

        rule->sku = sku;
        rule->product_id = "PROD-1";
        rule->currency = currency;
        rule->is_fixed = true;
        rule->amount_minor = minor;
        return rule;
}

static inline PriceRule *book_share(PriceRuleKind kind, const char *sku, int64_t bp) {
        PriceRule *rule = book_add(kind);

        rule->sku = sku;
        rule->product_id = "PROD-1";
        rule->bp = bp;
        return rule;
}

static inline PriceRule *book_base(int64_t minor) {
        return book_price(PRICING_BASE_PRICE, "SKU-A", "USD", minor);
}

static inline PriceRule *book_rate(const char *from, const char *to, int64_t rate_ppb) {
        PriceRule *rule = book_add(PRICING_CURRENCY_RATE);

        rule->currency = from;
        rule->to_currency = to;
        rule->rate_ppb = rate_ppb;
        return rule;
}

static inline PriceRule *book_tax(const char *state, const char *tax_class, int64_t ppm) {
        PriceRule *rule = book_add(PRICING_TAX_RATE);

        rule->country = "US";
        rule->state = state;
        rule->tax_class = tax_class;
        rule->tax_ppm = ppm;
        return rule;
}

static inline PriceRule *book_bulk(const char *name, int64_t bp) {
        PriceRule *rule = book_add(PRICING_BULK_DISCOUNT);

        rule->name = name;
        rule->bp = bp;
        return rule;
}

static inline const PriceRuleSet *book_set(void) {
        return pricing_rule_set_new(test_ctx()->arena, (int64_t) book.n_rules, book.rules, book.n_rules);
}

static inline CartLine book_line(int64_t quantity) {
        return (CartLine) { .sku = "SKU-A", .quantity = quantity, .warehouse_id = "", .tax_class = "" };
}

static inline Cart book_cart(const CartLine *line) {
        return (Cart) { .lines = line, .n_lines = 1, .currency = "", .tier = "", .state = "" };
}

static inline PricedCart book_price_cart(const Cart *cart) {
        PricedCart priced;

        ck_assert_ok(pricing_price_cart(test_ctx(), book_set(), BOOK_NOW, cart, true, &priced));
        return priced;
}

/* What one line of the cart costs per piece. */
static inline int64_t book_unit(int64_t quantity) {
        CartLine line = book_line(quantity);
        Cart cart = book_cart(&line);

        return book_price_cart(&cart).lines[0].unit_minor;
}

static inline const Error *book_refusal(const Cart *cart) {
        PricedCart priced;

        return pricing_price_cart(test_ctx(), book_set(), BOOK_NOW, cart, false, &priced);
}
