/* Rules that a test writes down one by one, numbered as they come, and parcels of one line. */
#pragma once

#include "biz/shipping/tariff.h"
#include "support.h"

#define BOOK_SIZE 512
#define BOOK_NOW INT64_C(1723450000000000) /* Monday, 2024-08-12 */

typedef struct Book {
        ShippingRule rules[BOOK_SIZE];
        size_t n_rules;
} Book;

static Book book;

/* Adds a rule, which has its number then, for the test to fill in. */
static inline ShippingRule *book_add(ShippingRuleKind kind) {
        ck_assert_uint_lt(book.n_rules, BOOK_SIZE);
        ShippingRule *rule = &book.rules[book.n_rules++];
        *rule = shipping_rule_of(kind);
        rule->id = (int64_t) book.n_rules;
        return rule;
}

static inline ShippingRule *book_zone(const char *country, const char *state, const char *zone) {
        ShippingRule *rule = book_add(SHIPPING_ZONE);

        rule->country = country;
        rule->state = state;
        rule->zone = zone;
        return rule;
}

static inline ShippingRule *book_warehouse(const char *warehouse_id, const char *zone) {
        ShippingRule *rule = book_add(SHIPPING_WAREHOUSE);

        rule->warehouse_id = warehouse_id;
        rule->zone = zone;
        return rule;
}

/* In USD, to the zone "HOME". */
static inline ShippingRule *book_rate(ShippingMethod method, int64_t minor) {
        ShippingRule *rule = book_add(SHIPPING_RATE);

        rule->zone = "HOME";
        rule->method = method;
        rule->currency = "USD";
        rule->amount_minor = minor;
        rule->is_taxable = true;
        return rule;
}

static inline ShippingRule *book_transit(ShippingMethod method, int64_t days) {
        ShippingRule *rule = book_add(SHIPPING_TRANSIT);

        rule->zone = "HOME";
        rule->method = method;
        rule->days = days;
        return rule;
}

/* The US, where standard costs 15.99 and takes five days. */
static inline void book_home(void) {
        book.n_rules = 0;
        book_zone("US", "", "HOME");
        book_rate(SHIPPING_STANDARD, 1599);
        book_transit(SHIPPING_STANDARD, 5);
}

static inline const ShippingRuleSet *book_set(void) {
        return shipping_rule_set_new(test_ctx()->arena, (int64_t) book.n_rules, book.rules, book.n_rules);
}

static inline ParcelLine book_line(int64_t grams) {
        return (ParcelLine) { .quantity = 1, .weight_grams = grams };
}

static inline Parcel book_parcel(const ParcelLine *line) {
        return (Parcel) { .seller_id = "SELLER-1", .warehouse_id = "WH-1", .lines = line, .n_lines = 1 };
}

static inline ShippingQuestion book_question(const Parcel *parcels, size_t n) {
        return (ShippingQuestion) { .parcels = parcels, .n_parcels = n, .country = "US", .state = "",
                                    .currency = "", .tier = "" };
}

static inline ShippingQuote book_quote(const ShippingQuestion *question) {
        ShippingQuote quote;

        ck_assert_ok(shipping_price_parcels(test_ctx(), book_set(), BOOK_NOW, question, &quote));
        return quote;
}

static inline const Error *book_refusal(const ShippingQuestion *question) {
        ShippingQuote quote;

        return shipping_price_parcels(test_ctx(), book_set(), BOOK_NOW, question, &quote);
}
