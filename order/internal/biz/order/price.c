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

/* Each line's part of an amount, by what the lines cost before any discount. */
static const Error *spread(Ctx *ctx, const Order *order, int64_t amount_minor, int64_t **ret_parts) {
        int64_t *totals = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);

        *ret_parts = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);
        for (size_t i = 0; i < order->n_items; i++)
                totals[i] = order->items[i].total_minor;
        return money_split(amount_minor, totals, order->n_items, *ret_parts) ? NULL : too_large(ctx);
}

static int64_t left_of(const OrderItem *item) {
        return item->total_minor - item->discount_minor;
}

/* Takes from each line its part of the discount, or what is left of it, and adds up what was taken. */
static int64_t take_off(Order *order, const int64_t *parts) {
        int64_t taken_minor = 0;

        for (size_t i = 0; i < order->n_items; i++) {
                OrderItem *item = &order->items[i];
                int64_t part_minor = parts[i] < left_of(item) ? parts[i] : left_of(item);

                item->discount_minor += part_minor;
                taken_minor += part_minor;
        }
        return taken_minor;
}

/* Takes the discount's parts off, and notes it with what they come to, unless that is nothing. */
static void discount_lines(Order *order, OrderDiscount wanted, const int64_t *parts) {
        OrderPricing *pricing = &order->pricing;

        wanted.amount_minor = take_off(order, parts);
        if (wanted.amount_minor == 0)
                return;
        pricing->discounts[pricing->n_discounts++] = wanted;
        pricing->discounts_minor += wanted.amount_minor;
}

static const Error *discount(Ctx *ctx, Order *order, OrderDiscount wanted) {
        int64_t *parts;

        TRY(spread(ctx, order, wanted.amount_minor, &parts));
        discount_lines(order, wanted, parts);
        return NULL;
}

/* One without a code is called what it says of itself. */
static OrderDiscount discount_of(const AppliedPromotion *promotion) {
        return (OrderDiscount) {
                .type = DISCOUNT_PROMOTION,
                .code = promotion->code,
                .name = promotion->code ? NULL : promotion->description,
                .campaign_id = promotion->campaign_id,
                .campaign_version = promotion->version,
        };
}

static void begin_discounts(Ctx *ctx, Order *order, size_t n_most) {
        order->pricing.discounts = ARENA_ARRAY(ctx->arena, OrderDiscount, n_most);
        order->pricing.n_discounts = 0;
        order->pricing.discounts_minor = 0;
        for (size_t i = 0; i < order->n_items; i++)
                order->items[i].discount_minor = 0;
}

/* As many are used as take something off. */
static const Error *discount_points(Ctx *ctx, Order *order, int64_t points) {
        int64_t before_minor = order->pricing.discounts_minor;

        TRY(discount(ctx, order, (OrderDiscount) { .type = DISCOUNT_POINTS, .amount_minor = points }));
        order->loyalty.points_used = order->pricing.discounts_minor - before_minor;
        return NULL;
}

const Error *order_price_discounts(Ctx *ctx, Order *order, const OrderReductions *reductions) {
        OrderDiscount tier = { .type = DISCOUNT_CUSTOMER_TIER };

        begin_discounts(ctx, order, reductions->n_promotions + 1 + reductions->n_bulk + 1);
        for (size_t i = 0; i < reductions->n_promotions; i++)
                discount_lines(order, discount_of(&reductions->promotions[i]),
                               reductions->promotions[i].line_amounts_minor);
        TRY(share(ctx, order->pricing.subtotal_minor, reductions->tier_bp, MONEY_BP_ONE, &tier.amount_minor));
        TRY(discount(ctx, order, tier));
        for (size_t i = 0; i < reductions->n_bulk; i++)
                TRY(discount(ctx, order,
                             (OrderDiscount) { .type = DISCOUNT_BULK,
                                               .name = reductions->bulk[i].name,
                                               .amount_minor = reductions->bulk[i].amount_minor }));
        return discount_points(ctx, order, reductions->points);
}

/* True when a line before it has the same rate. */
static bool is_repeated_rate(const Order *order, size_t i) {
        for (size_t k = 0; k < i; k++)
                if (order->items[k].tax_ppm == order->items[i].tax_ppm)
                        return true;
        return false;
}

/* What is taxed with one rate is summed, then rounded once. shipping_parts: each line's taxable shipping. */
static const Error *tax_of_rate(Ctx *ctx, const Order *order, int64_t ppm, const int64_t *shipping_parts,
                                int64_t *ret_minor) {
        int64_t taxed_minor = 0;

        for (size_t i = 0; i < order->n_items; i++) {
                const OrderItem *item = &order->items[i];

                if (item->tax_ppm != ppm)
                        continue;
                TRY(add(ctx, &taxed_minor, left_of(item)));
                if (item->taxes_shipping)
                        TRY(add(ctx, &taxed_minor, shipping_parts[i]));
        }
        return share(ctx, taxed_minor, ppm, MONEY_PPM_ONE, ret_minor);
}

static const Error *add_taxes(Ctx *ctx, Order *order) {
        OrderPricing *pricing = &order->pricing;
        int64_t *shipping_parts, tax_minor;

        TRY(spread(ctx, order, pricing->taxable_shipping_minor, &shipping_parts));
        pricing->tax_minor = 0;
        for (size_t i = 0; i < order->n_items; i++) {
                if (is_repeated_rate(order, i))
                        continue;
                TRY(tax_of_rate(ctx, order, order->items[i].tax_ppm, shipping_parts, &tax_minor));
                TRY(add(ctx, &pricing->tax_minor, tax_minor));
        }
        return NULL;
}

static int64_t points_earned(const OrderPricing *pricing) {
        return str_equal(pricing->currency, ORDER_POINTS_CURRENCY)
                       ? pricing->total_minor / ORDER_POINT_EARNED_PER_MINOR
                       : 0;
}

const Error *order_price_total(Ctx *ctx, Order *order) {
        OrderPricing *pricing = &order->pricing;

        TRY(add_taxes(ctx, order));
        pricing->total_minor = pricing->subtotal_minor - pricing->discounts_minor;
        TRY(add(ctx, &pricing->total_minor, pricing->shipping_minor));
        TRY(add(ctx, &pricing->total_minor, pricing->tax_minor));
        order->loyalty.points_earned = points_earned(pricing);
        return NULL;
}
