/* What an order would cost: the same as placing it, by every way to send it, and nothing is done. */
#include "world.h"

static Ctx *ctx;
static World *world;
static OrderRequest *request;
static OrderQuote quote;
static int64_t express_minor; /* what express costs more than standard */

static const Error *ways(Shipping *self, Ctx *call, const Order *order, ShippingWay **ret_ways,
                         size_t *ret_n) {
        ShippingWay *both = ARENA_ARRAY(call->arena, ShippingWay, 2);

        TRY(self->quote(self, call, order, &both[0].quote));
        both[0].method = "standard";
        both[1] = (ShippingWay) { "express", both[0].quote };
        both[1].quote.cost_minor += express_minor;
        both[1].quote.estimated_delivery = "2024-08-12";
        *ret_ways = both;
        *ret_n = 2;
        return NULL;
}

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
        world->shipping.ways = ways;
        express_minor = 1400;
        request = world_request(ctx);
        request->payment_method = request->payment_token = NULL;
        request->billing_address = (OrderAddress) { 0 };
}

static const Error *ask(void) {
        return order_quote(&world->usecase, ctx, request, &quote);
}

TEST(a_quote_is_what_the_order_costs) {
        ck_assert_ok(ask());
        ck_assert_int_eq(quote.order->pricing.total_minor, 61379);
        ck_assert_int_eq(quote.order->pricing.shipping_minor, 1599);
        ck_assert_str_eq(quote.order->pricing.discounts[0].code, "SUMMER2024");
        ck_assert_str_eq(quote.order->shipping.method, "standard");
        ck_assert_uint_eq(quote.order->n_items, 2);
        ck_assert_uint_eq(quote.n_refused, 0);
        PlacedOrder placed;
        ck_assert_ok(order_place(&world->usecase, ctx, world_request(ctx), &placed));
        ck_assert_int_eq(placed.order->pricing.total_minor, quote.order->pricing.total_minor);
        ck_assert_int_eq(placed.order->pricing.tax_minor, quote.order->pricing.tax_minor);
}

TEST(a_quote_holds_and_writes_nothing) {
        ck_assert_ok(ask());
        ck_assert(!world->has_order && !world->has_saga && !world->is_held);
        ck_assert(!world->promotions.are_held);
        ck_assert_int_eq(world->n_reserved, 0);
        ck_assert_int_eq(world->n_processed, 0);
        ck_assert_int_eq(world->n_events, 0);
}

TEST(every_way_to_send_it_has_its_own_total) {
        request->shipping_method = "express";
        ck_assert_ok(ask());
        ck_assert_uint_eq(quote.n_ways, 2);
        ck_assert_str_eq(quote.ways[0].shipping.method, "standard");
        ck_assert_int_eq(quote.ways[0].pricing.total_minor, 61379);
        ck_assert_ptr_eq(quote.order, &quote.ways[1]);
        ck_assert_str_eq(quote.order->shipping.estimated_delivery, "2024-08-12");
        ck_assert_int_eq(quote.order->pricing.shipping_minor, 2999);
        const OrderPricing *pricing = &quote.order->pricing;
        ck_assert_int_eq(pricing->subtotal_minor - pricing->discounts_minor + pricing->shipping_minor +
                                 pricing->tax_minor,
                         pricing->total_minor);
}

TEST(without_a_method_it_is_the_cheapest_one) {
        request->shipping_method = "";
        ck_assert_ok(ask());
        ck_assert_str_eq(quote.order->shipping.method, "standard");
        express_minor = -1;
        ck_assert_ok(ask());
        ck_assert_str_eq(quote.order->shipping.method, "express");
}

TEST(a_code_that_takes_nothing_off_is_told_with_its_reason) {
        world->promotions.problem = "EXPIRED";
        ck_assert_ok(ask());
        ck_assert_uint_eq(quote.n_refused, 1);
        ck_assert_str_eq(quote.refused[0].code, "SUMMER2024");
        ck_assert_str_eq(quote.refused[0].reason, "EXPIRED");
        ck_assert_int_gt(quote.order->pricing.total_minor, 61379);
        ck_assert_reason(order_place(&world->usecase, ctx, world_request(ctx), &(PlacedOrder) { 0 }),
                         REASON_INVALID_PROMOTION);
}

TEST(what_would_refuse_the_order_refuses_the_quote) {
        world->customer.is_active = false;
        ck_assert_reason(ask(), REASON_CUSTOMER_INACTIVE);
        world->customer.is_active = true;
        world->shipping_fails = REASON_UNAVAILABLE;
        ck_assert_reason(ask(), REASON_UNAVAILABLE);
        world->shipping_fails = NULL;
        request->customer_id = "CUST-99999";
        ck_assert_reason(ask(), REASON_CUSTOMER_MISMATCH);
        request = world_request(ctx);
        request->currency = "XXX";
        const Error *error = ck_assert_reason(ask(), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "currency");
}

int main(void) {
        Suite *suite = suite_create("order quote");
        TCase *tests = tcase_create("quote");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
