#include <stdlib.h>

#include "base/memory.h"
#include "base/money.h"
#include "biz/order/order_private.h"
#include "world.h"

static Order *order_of(Ctx *ctx, size_t n, const int64_t *prices_minor, const int64_t *quantities) {
        Order *order = ARENA_NEW(ctx->arena, Order);

        order->items = ARENA_ARRAY(ctx->arena, OrderItem, n);
        order->n_items = n;
        order->pricing.currency = "USD";
        for (size_t i = 0; i < n; i++)
                order->items[i] =
                        (OrderItem) { .unit_price_minor = prices_minor[i], .quantity = quantities[i] };
        return order;
}

static void tax(Order *order, size_t i, int64_t ppm, bool taxes_shipping) {
        order->items[i].tax_ppm = ppm;
        order->items[i].taxes_shipping = taxes_shipping;
}

/* As promotion spreads it. */
static const int64_t *parts_of(Ctx *ctx, const Order *order, int64_t amount_minor) {
        int64_t *totals = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);
        int64_t *parts = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);

        for (size_t i = 0; i < order->n_items; i++)
                totals[i] = order->items[i].total_minor;
        ck_assert(money_split(amount_minor, totals, order->n_items, parts));
        return parts;
}

static void reduce(Ctx *ctx, Order *order, int64_t promotion_minor, int64_t tier_bp, int64_t bulk_minor) {
        AppliedPromotion promotion = { .campaign_id = "CMP-1", .version = 2, .code = "CODE" };
        OrderReductions reductions = {
                .promotions = &promotion,
                .n_promotions = 1,
                .tier_bp = tier_bp,
                .bulk = &(BulkDiscount) { .name = "ten and more", .amount_minor = bulk_minor },
                .n_bulk = 1,
        };

        ck_assert_ok(order_price_lines(ctx, order));
        promotion.line_amounts_minor = parts_of(ctx, order, promotion_minor);
        ck_assert_ok(order_price_discounts(ctx, order, &reductions));
}

/* With shipping that is taxable. */
static const Error *total(Ctx *ctx, Order *order, int64_t shipping_minor) {
        order->pricing.shipping_minor = order->pricing.taxable_shipping_minor = shipping_minor;
        return order_price_total(ctx, order);
}

/* Behind a promotion of promotion_minor. */
static void use_points(Ctx *ctx, Order *order, int64_t promotion_minor, int64_t points) {
        AppliedPromotion promotion = { .campaign_id = "CMP-1", .version = 2, .code = "CODE" };

        ck_assert_ok(order_price_lines(ctx, order));
        promotion.line_amounts_minor = parts_of(ctx, order, promotion_minor);
        ck_assert_ok(order_price_discounts(
                ctx, order,
                &(OrderReductions) { .promotions = &promotion, .n_promotions = 1, .points = points }));
}

static void price(Ctx *ctx, Order *order, int64_t promotion_minor, int64_t tier_bp, int64_t shipping_minor) {
        reduce(ctx, order, promotion_minor, tier_bp, 0);
        ck_assert_ok(total(ctx, order, shipping_minor));
}

TEST(only_the_taxable_part_of_shipping_is_taxed) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, (int64_t[]) { 10000 }, (int64_t[]) { 1 });

        tax(order, 0, 100000, true);
        price(ctx, order, 0, 0, 2000);
        ck_assert_int_eq(order->pricing.tax_minor, 1200);
        order->pricing.taxable_shipping_minor = 500;
        ck_assert_ok(order_price_total(ctx, order));
        ck_assert_int_eq(order->pricing.tax_minor, 1050);
        ck_assert_int_eq(order->pricing.total_minor, 13050);
}

TEST(the_sample_of_000_comes_out_to_the_cent) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 2, (int64_t[]) { 24999, 15000 }, (int64_t[]) { 2, 1 });

        tax(order, 0, 82030, false);
        tax(order, 1, 82030, false);
        price(ctx, order, 6500, 500, 1599);
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

        price(ctx, order, 100, 0, 0);
        ck_assert_int_eq(order->items[0].discount_minor, 34);
        ck_assert_int_eq(order->items[1].discount_minor, 33);
        ck_assert_int_eq(order->items[2].discount_minor, 33);
}

TEST(promotions_come_first_then_the_tier_then_bulk) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 2, (int64_t[]) { 600, 400 }, (int64_t[]) { 1, 1 });

        reduce(ctx, order, 500, 4000, 300);
        ck_assert_uint_eq(order->pricing.n_discounts, 3);
        ck_assert_int_eq(order->pricing.discounts[0].amount_minor, 500);
        ck_assert_str_eq(order->pricing.discounts[0].code, "CODE");
        ck_assert_int_eq(order->pricing.discounts[1].amount_minor, 400);
        ck_assert_ptr_null(order->pricing.discounts[1].code);
        ck_assert_str_eq(order->pricing.discounts[2].type, DISCOUNT_BULK);
        ck_assert_str_eq(order->pricing.discounts[2].name, "ten and more");
        ck_assert_int_eq(order->pricing.discounts[2].amount_minor, 100);
        ck_assert_int_eq(order->items[0].discount_minor, 600);
        ck_assert_int_eq(order->items[1].discount_minor, 400);
}

TEST(discounts_never_go_below_zero) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, (int64_t[]) { 1000 }, (int64_t[]) { 1 });

        tax(order, 0, 82030, false);
        price(ctx, order, 970, 500, 0);
        ck_assert_int_eq(order->pricing.discounts[0].amount_minor, 970);
        ck_assert_int_eq(order->pricing.discounts[1].amount_minor, 30);
        ck_assert_int_eq(order->pricing.tax_minor, 0);
        ck_assert_int_eq(order->pricing.total_minor, 0);

        price(ctx, order, 5000, 500, 299);
        ck_assert_uint_eq(order->pricing.n_discounts, 1);
        ck_assert_int_eq(order->pricing.discounts_minor, 1000);
        ck_assert_int_eq(order->pricing.total_minor, 299);
}

/* The tier's cent falls on the first line, which has none left, and not on the second, which has. */
TEST(what_a_line_has_not_left_is_not_taken_from_another) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 2, (int64_t[]) { 1, 1 }, (int64_t[]) { 1, 1 });

        reduce(ctx, order, 1, 5000, 0);
        ck_assert_int_eq(order->items[0].discount_minor, 1);
        ck_assert_int_eq(order->items[1].discount_minor, 0);
        ck_assert_uint_eq(order->pricing.n_discounts, 1);
        ck_assert_int_eq(order->pricing.discounts_minor, 1);
}

TEST(what_is_taxed_alike_is_rounded_once) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 3, (int64_t[]) { 5, 5, 5 }, (int64_t[]) { 1, 1, 1 });

        tax(order, 0, 100000, false);
        tax(order, 1, 200000, false);
        tax(order, 2, 100000, false);
        price(ctx, order, 0, 0, 0);
        ck_assert_int_eq(order->pricing.tax_minor, 2); /* 10 % of 10 and 20 % of 5; by lines 1 + 1 + 1 */
}

TEST(half_a_unit_of_tax_is_rounded_up) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, (int64_t[]) { 5 }, (int64_t[]) { 1 });

        tax(order, 0, 100000, false);
        price(ctx, order, 0, 0, 0);
        ck_assert_int_eq(order->pricing.tax_minor, 1);
        tax(order, 0, 99999, false);
        price(ctx, order, 0, 0, 0);
        ck_assert_int_eq(order->pricing.tax_minor, 0);
}

TEST(shipping_is_taxed_with_the_lines_that_say_so) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 2, (int64_t[]) { 3000, 1000 }, (int64_t[]) { 1, 1 });

        tax(order, 0, 100000, true);
        tax(order, 1, 200000, false);
        price(ctx, order, 0, 0, 800); /* 600 of it are the first line's */
        ck_assert_int_eq(order->pricing.tax_minor, 360 + 200);
        ck_assert_int_eq(order->pricing.total_minor, 4000 + 800 + 560);

        tax(order, 1, 200000, true);
        price(ctx, order, 0, 0, 800);
        ck_assert_int_eq(order->pricing.tax_minor, 360 + 240);
}

/* Reckoned on what the lines cost, whatever is taken off them. */
TEST(shipping_of_a_line_that_costs_nothing_any_more_is_taxed_all_the_same) {
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, (int64_t[]) { 1000 }, (int64_t[]) { 1 });

        tax(order, 0, 100000, true);
        price(ctx, order, 1000, 0, 500);
        ck_assert_int_eq(order->pricing.tax_minor, 50);
        ck_assert_int_eq(order->pricing.total_minor, 550);
}

/* ---- whatever comes ---- */

typedef struct Cart {
        Order *order;
        int64_t promotion_minor, tier_bp, bulk_minor, shipping_minor;
} Cart;

/* Minor units that are usual in a currency of 0, 2 or 3 decimals. */
static Cart random_cart(Ctx *ctx, unsigned *seed) {
        static const char *const currencies[] = { "VND", "USD", "KWD" };
        static const int64_t highest_minor[] = { 5000000, 100000, 90000 };
        static const int64_t rates[] = { 0, 40000, 82030, 99999, 190000, 1000000 };
        int64_t prices[6], quantities[6];
        size_t n = 1 + rand_r(seed) % 6, currency = rand_r(seed) % 3;

        for (size_t i = 0; i < n; i++) {
                prices[i] = rand_r(seed) % (rand_r(seed) % 4 ? highest_minor[currency] : 5);
                quantities[i] = 1 + rand_r(seed) % 20;
        }
        Cart cart = {
                .order = order_of(ctx, n, prices, quantities),
                .promotion_minor = rand_r(seed) % highest_minor[currency],
                .tier_bp = rand_r(seed) % 3000,
                .bulk_minor = rand_r(seed) % highest_minor[currency],
                .shipping_minor = rand_r(seed) % 5000,
        };
        cart.order->pricing.currency = currencies[currency];
        for (size_t i = 0; i < n; i++)
                tax(cart.order, i, rates[rand_r(seed) % ARRAY_SIZE(rates)], rand_r(seed) % 2);
        return cart;
}

/* The lines, as a customer adds them up: what is left of them, shipping and tax is what he pays. */
static void assert_adds_up(const Order *order) {
        const OrderPricing *pricing = &order->pricing;
        int64_t total_minor = 0, spread_minor = 0, discounts_minor = 0;

        for (size_t i = 0; i < order->n_items; i++) {
                const OrderItem *item = &order->items[i];

                ck_assert_int_eq(item->total_minor, item->unit_price_minor * item->quantity);
                ck_assert_int_ge(item->discount_minor, 0);
                ck_assert_int_le(item->discount_minor, item->total_minor);
                total_minor += item->total_minor;
                spread_minor += item->discount_minor;
        }
        for (size_t i = 0; i < pricing->n_discounts; i++) {
                ck_assert_int_gt(pricing->discounts[i].amount_minor, 0);
                discounts_minor += pricing->discounts[i].amount_minor;
        }
        ck_assert_int_eq(total_minor, pricing->subtotal_minor);
        ck_assert_int_eq(spread_minor, pricing->discounts_minor);
        ck_assert_int_eq(discounts_minor, pricing->discounts_minor);
        ck_assert_int_eq(total_minor - spread_minor + pricing->shipping_minor + pricing->tax_minor,
                         pricing->total_minor);
}

/* Exact in millionths: rounded once per rate, the tax is at most half a unit per rate beside it. */
static void assert_taxes_are_near(const Order *order) {
        int64_t taxed_ppm = 0, highest_ppm = 0;

        for (size_t i = 0; i < order->n_items; i++) {
                const OrderItem *item = &order->items[i];

                taxed_ppm += (item->total_minor - item->discount_minor) * item->tax_ppm;
                if (item->taxes_shipping && item->tax_ppm > highest_ppm)
                        highest_ppm = item->tax_ppm;
        }
        int64_t rounding_ppm = (int64_t) order->n_items * 500000;
        ck_assert_int_ge(order->pricing.tax_minor * 1000000, taxed_ppm - rounding_ppm);
        ck_assert_int_le(order->pricing.tax_minor * 1000000,
                         taxed_ppm + rounding_ppm + order->pricing.shipping_minor * highest_ppm);
}

TEST(random_orders_always_add_up) {
        Ctx *ctx = test_ctx();
        unsigned seed = 42;

        for (int round = 0; round < 5000; round++) {
                Cart cart = random_cart(ctx, &seed);

                reduce(ctx, cart.order, cart.promotion_minor, cart.tier_bp, cart.bulk_minor);
                ck_assert_ok(total(ctx, cart.order, cart.shipping_minor));
                assert_adds_up(cart.order);
                assert_taxes_are_near(cart.order);
        }
}

TEST(the_largest_total_is_a_limit_on_both_sides) {
        Ctx *ctx = test_ctx();
        Order *most = order_of(ctx, 1, (int64_t[]) { ORDER_TOTAL_MAX_MINOR }, (int64_t[]) { 1 });
        Order *more = order_of(ctx, 2, (int64_t[]) { ORDER_TOTAL_MAX_MINOR, 1 }, (int64_t[]) { 1, 1 });
        Order *overflow = order_of(ctx, 1, (int64_t[]) { INT64_MAX / 2 }, (int64_t[]) { 9999 });

        price(ctx, most, 0, 0, 0);
        ck_assert_int_eq(most->pricing.total_minor, ORDER_TOTAL_MAX_MINOR);
        ck_assert_reason(total(ctx, most, 1), REASON_INVALID_REQUEST);
        ck_assert_reason(order_price_lines(ctx, more), REASON_INVALID_REQUEST);
        ck_assert_str_eq(ck_assert_reason(order_price_lines(ctx, overflow), REASON_INVALID_REQUEST)
                                 ->violations[0]
                                 .field,
                         "items");
}

/* The sample of 004: two at 249.99, 15 % and 500 points off, taxed with 8.381 %: LOY-3 and LOY-4. */
TEST(the_sample_of_004_uses_500_points_and_earns_471) {
        static const int64_t prices_minor[] = { 24999 }, quantities[] = { 2 };
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, prices_minor, quantities);

        tax(order, 0, 83810, false);
        use_points(ctx, order, 7500, 500);
        ck_assert_ok(total(ctx, order, 1599));
        ck_assert_uint_eq(order->pricing.n_discounts, 2);
        ck_assert_str_eq(order->pricing.discounts[1].type, DISCOUNT_POINTS);
        ck_assert_int_eq(order->pricing.discounts[1].amount_minor, 500);
        ck_assert_int_eq(order->pricing.discounts_minor, 8000);
        ck_assert_int_eq(order->pricing.tax_minor, 3520);
        ck_assert_int_eq(order->pricing.total_minor, 47117);
        ck_assert_int_eq(order->loyalty.points_used, 500);
        ck_assert_int_eq(order->loyalty.points_earned, 471);
}

TEST(points_are_spread_over_the_lines_and_add_up) {
        static const int64_t prices_minor[] = { 100, 100, 101 }, quantities[] = { 1, 1, 1 };
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 3, prices_minor, quantities);
        int64_t sum_minor = 0;

        use_points(ctx, order, 0, 100);
        for (size_t i = 0; i < 3; i++)
                sum_minor += order->items[i].discount_minor;
        ck_assert_int_eq(sum_minor, 100);
        ck_assert_int_eq(order->items[0].discount_minor, 33);
        ck_assert_int_eq(order->items[2].discount_minor, 34);
        ck_assert_int_eq(order->loyalty.points_used, 100);
}

TEST(more_points_than_a_line_has_left_are_not_used) {
        static const int64_t prices_minor[] = { 1000 }, quantities[] = { 1 };
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, prices_minor, quantities);

        use_points(ctx, order, 400, 601);
        ck_assert_ok(total(ctx, order, 99));
        ck_assert_int_eq(order->loyalty.points_used, 600);
        ck_assert_int_eq(order->pricing.total_minor, 99);
        ck_assert_int_eq(order->loyalty.points_earned, 0);
        use_points(ctx, order, 400, 600);
        ck_assert_int_eq(order->loyalty.points_used, 600);
        use_points(ctx, order, 400, 0);
        ck_assert_int_eq(order->loyalty.points_used, 0);
        ck_assert_uint_eq(order->pricing.n_discounts, 1);
}

TEST(an_order_earns_a_point_for_each_whole_dollar_and_none_in_other_currencies) {
        static const int64_t prices_minor[] = { 100 }, quantities[] = { 1 };
        Ctx *ctx = test_ctx();
        Order *order = order_of(ctx, 1, prices_minor, quantities);

        use_points(ctx, order, 0, 0);
        ck_assert_ok(total(ctx, order, 0));
        ck_assert_int_eq(order->loyalty.points_earned, 1);
        use_points(ctx, order, 0, 1);
        ck_assert_ok(total(ctx, order, 0));
        ck_assert_int_eq(order->loyalty.points_earned, 0);
        order->pricing.currency = "EUR";
        use_points(ctx, order, 0, 0);
        ck_assert_ok(total(ctx, order, 0));
        ck_assert_int_eq(order->loyalty.points_earned, 0);
}

int main(void) {
        Suite *suite = suite_create("order price");
        TCase *tests = tcase_create("price");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
