#include <stdlib.h>

#include "biz/order/order_private.h"
#include "world.h"

static Order *order_of(Ctx *ctx, size_t n, const int64_t *prices_minor, const int64_t *quantities) {
        Order *order = ARENA_NEW(ctx->arena, Order);

        order->items = ARENA_ARRAY(ctx->arena, OrderItem, n);
        order->n_items = n;
        for (size_t i = 0; i < n; i++)
                order->items[i] =
                        (OrderItem) { .unit_price_minor = prices_minor[i], .quantity = quantities[i] };
        return order;
}

static void price(Ctx *ctx, Order *order, int64_t promotion_minor, int64_t tier_bp, int64_t shipping_minor,
                  int64_t tax_ppm) {
        ck_assert_ok(order_price_lines(ctx, order));
        ck_assert_ok(
                order_price_discounts(ctx, order, (const char *[]) { "CODE" }, &promotion_minor, 1, tier_bp));
        ck_assert_ok(order_price_total(ctx, order, shipping_minor, tax_ppm));
}

TEST(the_sample_of_000_comes_out_to_the_cent) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 2, (int64_t[]) { 24999, 15000 }, (int64_t[]) { 2, 1 });

        price(ctx, order, 6500, 500, 1599, 82030);
        ck_assert_int_eq(order->items[0].total_minor, 49998);
        ck_assert_int_eq(order->pricing.subtotal_minor, 64998);
        ck_assert_uint_eq(order->pricing.n_discounts, 2);
        ck_assert_str_eq(order->pricing.discounts[0].type, DISCOUNT_PROMOTION);
        ck_assert_int_eq(order->pricing.discounts[0].amount_minor, 6500);
        ck_assert_str_eq(order->pricing.discounts[1].type, DISCOUNT_CUSTOMER_TIER);
        ck_assert_int_eq(order->pricing.discounts[1].amount_minor, 3250);
        ck_assert_int_eq(order->pricing.discounts_minor, 9750);
        ck_assert_int_eq(order->pricing.tax_minor, 4532);
        ck_assert_int_eq(order->pricing.total_minor, 61379);
}

TEST(discounts_are_spread_over_the_lines_without_losing_a_cent) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 3, (int64_t[]) { 100, 100, 100 }, (int64_t[]) { 1, 1, 1 });

        price(ctx, order, 100, 0, 0, 0);
        ck_assert_int_eq(order->items[0].discount_minor, 34);
        ck_assert_int_eq(order->items[1].discount_minor, 33);
        ck_assert_int_eq(order->items[2].discount_minor, 33);
}

TEST(discounts_never_go_below_zero_and_promotions_come_first) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, (int64_t[]) { 1000 }, (int64_t[]) { 1 });

        price(ctx, order, 970, 500, 0, 82030);
        ck_assert_int_eq(order->pricing.discounts[0].amount_minor, 970);
        ck_assert_int_eq(order->pricing.discounts[1].amount_minor, 30);
        ck_assert_int_eq(order->pricing.tax_minor, 0);
        ck_assert_int_eq(order->pricing.total_minor, 0);

        price(ctx, order, 5000, 500, 299, 82030);
        ck_assert_uint_eq(order->pricing.n_discounts, 1);
        ck_assert_int_eq(order->pricing.discounts_minor, 1000);
        ck_assert_int_eq(order->pricing.total_minor, 299);
}

TEST(random_orders_always_add_up) {
        Ctx *ctx = test_ctx();
        unsigned seed = 42;

        for (int round = 0; round < 2000; round++) {
                int64_t prices[5], quantities[5], total_minor = 0, spread_minor = 0;
                size_t n = 1 + rand_r(&seed) % 5;

                for (size_t i = 0; i < n; i++) {
                        prices[i] = rand_r(&seed) % 100000;
                        quantities[i] = 1 + rand_r(&seed) % 20;
                }
                Order *order = order_of(ctx, n, prices, quantities);
                price(ctx, order, rand_r(&seed) % 200000, rand_r(&seed) % 3000, rand_r(&seed) % 5000,
                      rand_r(&seed) % 250000);
                for (size_t i = 0; i < n; i++) {
                        total_minor += order->items[i].total_minor;
                        spread_minor += order->items[i].discount_minor;
                        ck_assert_int_le(order->items[i].discount_minor, order->items[i].total_minor);
                }
                const OrderPricing *pricing = &order->pricing;
                ck_assert_int_eq(total_minor, pricing->subtotal_minor);
                ck_assert_int_eq(spread_minor, pricing->discounts_minor);
                ck_assert_int_eq(total_minor - pricing->discounts_minor + pricing->shipping_minor +
                                         pricing->tax_minor,
                                 pricing->total_minor);
                ck_assert_int_ge(pricing->total_minor, 0);
        }
}

TEST(the_largest_total_is_a_limit_on_both_sides) {
        Ctx *ctx = test_ctx();
        Order *most = order_of(ctx, 1, (int64_t[]) { ORDER_TOTAL_MAX_MINOR }, (int64_t[]) { 1 });
        Order *more = order_of(ctx, 2, (int64_t[]) { ORDER_TOTAL_MAX_MINOR, 1 }, (int64_t[]) { 1, 1 });
        Order *overflow = order_of(ctx, 1, (int64_t[]) { INT64_MAX / 2 }, (int64_t[]) { 9999 });

        price(ctx, most, 0, 0, 0, 0);
        ck_assert_int_eq(most->pricing.total_minor, ORDER_TOTAL_MAX_MINOR);
        ck_assert_reason(order_price_total(ctx, most, 1, 0), REASON_INVALID_REQUEST);
        ck_assert_reason(order_price_lines(ctx, more), REASON_INVALID_REQUEST);
        ck_assert_str_eq(ck_assert_reason(order_price_lines(ctx, overflow), REASON_INVALID_REQUEST)
                                 ->violations[0]
                                 .field,
                         "items");
}

int main(void) {
        Suite *suite = suite_create("order price");
        TCase *tests = tcase_create("price");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
