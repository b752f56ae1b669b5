/* Campaigns and carts as tests want them. */
#pragma once

#include "base/memory.h"
#include "biz/promotion/evaluate.h"
#include "support.h"

/* A list of ids, until the test ends. */
#define ID_LIST(...)                                                                                         \
        ((IdList) { arena_memdup(test_ctx()->arena, (const char *const[]) { __VA_ARGS__ },                   \
                                 sizeof((const char *const[]) { __VA_ARGS__ })),                             \
                    sizeof((const char *const[]) { __VA_ARGS__ }) / sizeof(const char *) })

/* 10 % of every cart, without a code. */
static inline CampaignRules ten_percent(void) {
        return (CampaignRules) {
                .type = CAMPAIGN_CART,
                .discount_type = DISCOUNT_PERCENTAGE,
                .description = "10% off",
                .percent_bp = 1000,
        };
}

static inline CampaignRules fixed(int64_t amount_minor) {
        return (CampaignRules) {
                .type = CAMPAIGN_CART,
                .discount_type = DISCOUNT_FIXED_AMOUNT,
                .description = "off",
                .currency = "USD",
                .amount_minor = amount_minor,
        };
}

static inline CartLine cart_line(const char *product_id, int64_t quantity, int64_t unit_price_minor) {
        return (CartLine) {
                .sku = product_id,
                .product_id = product_id,
                .quantity = quantity,
                .unit_price_minor = unit_price_minor,
                .amount_minor = quantity * unit_price_minor,
        };
}

/* In USD. */
static inline Cart cart_of(const CartLine *lines, size_t n_lines) {
        Cart cart = { .currency = "USD", .lines = lines, .n_lines = n_lines };

        for (size_t i = 0; i < n_lines; i++)
                cart.subtotal_minor += lines[i].amount_minor;
        return cart;
}

static inline Candidate candidate(const char *campaign_id, CampaignRules rules) {
        return (Candidate) {
                .campaign = { .campaign_id = campaign_id, .version = 1, .rules = rules },
        };
}
