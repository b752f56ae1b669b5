#include "base/money.h"
#include "biz/order/order_private.h"

static const Error *too_large(Ctx *ctx) {
        return error_invalid(ctx->arena, "items", "come to more than an order can be worth");
}

/* Adds to a sum that stays within the largest total. */
static const Error *add(Ctx *ctx, int64_t *sum_minor, int64_t amount_minor) {
        if (!money_add(*sum_minor, amount_minor, sum_minor) || *sum_minor > ORDER_TOTAL_MAX_MINOR)
                return too_large(ctx);
        return NULL;
}

static const Error *share(Ctx *ctx, int64_t amount_minor, int64_t part, int64_t whole, int64_t *ret_minor) {
        return money_share(amount_minor, part, whole, ret_minor) ? NULL : too_large(ctx);
}

const Error *order_price_lines(Ctx *ctx, Order *order) {
        OrderPricing *pricing = &order->pricing;

        pricing->subtotal_minor = 0;
        for (size_t i = 0; i < order->n_items; i++) {
                OrderItem *item = &order->items[i];

                if (!money_multiply(item->unit_price_minor, item->quantity, &item->total_minor))
                        return too_large(ctx);
                TRY(add(ctx, &pricing->subtotal_minor, item->total_minor));
        }
        return NULL;
}

/* Adds a discount of at most what is left to pay. */
static void discount(OrderPricing *pricing, const char *type, const char *code, int64_t amount_minor) {
        int64_t left_minor = pricing->subtotal_minor - pricing->discounts_minor;

        if (amount_minor > left_minor)
                amount_minor = left_minor;
        if (amount_minor <= 0)
                return;
        pricing->discounts[pricing->n_discounts++] =
                (OrderDiscount) { .type = type, .code = code, .amount_minor = amount_minor };
        pricing->discounts_minor += amount_minor;
}

static const Error *spread_over_lines(Ctx *ctx, Order *order) {
        int64_t *totals = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);
        int64_t *parts = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);

        for (size_t i = 0; i < order->n_items; i++)
                totals[i] = order->items[i].total_minor;
        if (!money_split(order->pricing.discounts_minor, totals, order->n_items, parts))
                return too_large(ctx);
        for (size_t i = 0; i < order->n_items; i++)
                order->items[i].discount_minor = parts[i];
        return NULL;
}

const Error *order_price_discounts(Ctx *ctx, Order *order, const char *const *codes,
                                   const int64_t *amounts_minor, size_t n_codes, int64_t tier_discount_bp) {
        OrderPricing *pricing = &order->pricing;
        int64_t tier_minor;

        pricing->discounts = ARENA_ARRAY(ctx->arena, OrderDiscount, n_codes + 1);
        pricing->n_discounts = 0;
        pricing->discounts_minor = 0;
        for (size_t i = 0; i < n_codes; i++)
                discount(pricing, DISCOUNT_PROMOTION, codes[i], amounts_minor[i]);
        TRY(share(ctx, pricing->subtotal_minor, tier_discount_bp, MONEY_BP_ONE, &tier_minor));
        discount(pricing, DISCOUNT_CUSTOMER_TIER, NULL, tier_minor);
        return spread_over_lines(ctx, order);
}

const Error *order_price_total(Ctx *ctx, Order *order, int64_t shipping_minor, int64_t tax_ppm) {
        OrderPricing *pricing = &order->pricing;
        int64_t goods_minor = pricing->subtotal_minor - pricing->discounts_minor;

        TRY(share(ctx, goods_minor, tax_ppm, MONEY_PPM_ONE, &pricing->tax_minor));
        pricing->shipping_minor = shipping_minor;
        pricing->total_minor = goods_minor;
        TRY(add(ctx, &pricing->total_minor, pricing->shipping_minor));
        return add(ctx, &pricing->total_minor, pricing->tax_minor);
}
