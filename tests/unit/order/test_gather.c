/* What an order takes from the catalog and from pricing, and what it says of it. */
#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/task.h"
#include "base/workers.h"
#include "world.h"

static Ctx *ctx;
static World *world;
static OrderRequest *request;
static PlacedOrder placed;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
        request = world_request(ctx);
        placed = (PlacedOrder) { 0 };
}

static const Error *place(void) {
        return order_place(&world->usecase, ctx, request, &placed);
}

static void assert_nothing_is_left(void) {
        ck_assert(!world->has_order && !world->has_saga);
        ck_assert_int_eq(world->n_reserved, 0);
}

TEST(pricing_hears_what_is_ordered_by_whom_and_where_it_goes) {
        ck_assert_ok(place());
        ck_assert_uint_eq(world->priced.n_lines, 2);
        ck_assert_str_eq(world->priced.lines[1].product->sku, "SKU-DEF-002");
        ck_assert_str_eq(world->priced.lines[0].warehouse, "US-WEST-01");
        ck_assert_int_eq(world->priced.lines[0].quantity, 2);
        ck_assert_str_eq(world->priced.tier, "gold");
        ck_assert_str_eq(world->priced.to->state, "CA");
        ck_assert_str_eq(world->priced.currency, "USD");
}

TEST(an_order_keeps_what_it_was_priced_with) {
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->pricing.rules_version, 7);
        ck_assert_int_eq(placed.order->pricing.rules_at_us, INT64_C(1723400000000000));
        ck_assert(!placed.order->pricing.is_degraded);
        ck_assert_str_eq(placed.order->items[1].seller_id, "SELLER-2");
        ck_assert_str_eq(placed.order->items[1].tax_class, "standard");
        ck_assert_int_eq(placed.order->items[1].tax_ppm, 82030);
}

TEST(an_order_keeps_what_its_shipping_was_quoted_with) {
        world->shipping_taxable_minor = 1000;
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->pricing.shipping_minor, 1599);
        ck_assert_int_eq(placed.order->pricing.taxable_shipping_minor, 1000);
        ck_assert_str_eq(placed.order->shipping.estimated_delivery, "2024-08-15");
        ck_assert_int_eq(placed.order->shipping.rates_version, 11);
        ck_assert_int_eq(placed.order->shipping.rates_at_us, INT64_C(1723500000000000));
        ck_assert_int_eq(placed.order->items[0].size.weight_grams, 250);
        ck_assert_int_eq(placed.order->items[0].size.height_mm, 80);
        ck_assert_int_eq(placed.order->items[1].size.weight_grams, 0);
}

TEST(shipping_hears_what_goes_where_and_for_whom) {
        ck_assert_ok(place());
        ck_assert_uint_eq(world->quoted.n_items, 2);
        ck_assert_str_eq(world->quoted.items[1].seller_id, "SELLER-2");
        ck_assert_str_eq(world->quoted.items[1].warehouse, "US-WEST-01");
        ck_assert_str_eq(world->quoted.shipping.method, "standard");
        ck_assert_str_eq(world->quoted.shipping_address.state, "CA");
        ck_assert_str_eq(world->quoted.pricing.currency, "USD");
        ck_assert_str_eq(world->quoted.customer_tier, "gold");
}

TEST(an_order_without_its_customer_is_not_placed) {
        world->customer_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        assert_nothing_is_left();
}

START_TEST(an_order_without_shipping_is_not_placed) {
        static const char *const reasons[] = { "SHIPPING_UNAVAILABLE", REASON_UNAVAILABLE };

        world->shipping_fails = reasons[_i];
        ck_assert_reason(place(), reasons[_i]);
        assert_nothing_is_left();
}
END_TEST

TEST(an_order_says_when_somebody_did_not_answer) {
        world->is_catalog_old = true;
        ck_assert_ok(place());
        ck_assert(placed.order->pricing.is_degraded);
        setup();
        world->is_customer_old = true;
        ck_assert_ok(place());
        ck_assert(placed.order->pricing.is_degraded);
        setup();
        world->is_pricing_old = true;
        ck_assert_ok(place());
        ck_assert(placed.order->pricing.is_degraded);
}

TEST(a_bulk_discount_is_one_more_discount) {
        world->bulk = (BulkDiscount) { .name = "three and more", .amount_minor = 1000 };
        ck_assert_ok(place());
        ck_assert_uint_eq(placed.order->pricing.n_discounts, 3);
        ck_assert_str_eq(placed.order->pricing.discounts[2].type, DISCOUNT_BULK);
        ck_assert_str_eq(placed.order->pricing.discounts[2].name, "three and more");
        ck_assert_int_eq(placed.order->pricing.discounts_minor, 10750);
}

TEST(what_is_not_for_sale_is_refused) {
        OrderLine lines[] = { { "PROD-67890", "SKU-ABC-001", 1, "W" }, { "PROD-GONE", "SKU-GONE", 1, "W" } };

        request->lines = lines;
        const Error *error = ck_assert_reason(place(), REASON_UNKNOWN_SKU);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "items[1].sku");
        assert_nothing_is_left();
}

TEST(an_order_names_its_currency) {
        request->currency = "JPY";
        ck_assert_ok(place());
        ck_assert_str_eq(world->priced.currency, "JPY");
        ck_assert_str_eq(placed.order->pricing.currency, "JPY");
}

START_TEST(a_currency_that_is_none_is_refused) {
        static const char *const none[] = { "XXX", "usd", "US", "U" };

        request->currency = none[_i];
        const Error *error = ck_assert_reason(place(), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "currency");
        assert_nothing_is_left();
}
END_TEST

START_TEST(an_order_without_prices_is_not_placed) {
        static const char *const reasons[] = { "PRICE_UNAVAILABLE", "TAX_UNAVAILABLE", REASON_UNAVAILABLE };

        world->prices_fail = reasons[_i];
        ck_assert_reason(place(), reasons[_i]);
        assert_nothing_is_left();
}
END_TEST

/* ---- side by side: a test hangs, and Check ends it, unless both are asked at the same time ---- */

static pthread_barrier_t meet;
static World plain; /* what they answer then */

static void meet_the_other(Ctx *call) {
        task_will_wait(call);
        pthread_barrier_wait(&meet);
}

static const Error *load_products(Catalog *self, Ctx *call, const char *const *skus, size_t n,
                                  Product *ret_products, bool *ret_is_old) {
        meet_the_other(call);
        return plain.catalog.load(self, call, skus, n, ret_products, ret_is_old);
}

static const Error *load_customer(Customers *self, Ctx *call, const char *customer_id, Customer *ret_customer,
                                  bool *ret_is_old) {
        meet_the_other(call);
        return plain.customers.load(self, call, customer_id, ret_customer, ret_is_old);
}

static const Error *validate(Payments *self, Ctx *call, const OrderPayment *payment,
                             const char **ret_problem) {
        meet_the_other(call);
        return plain.payments.validate(self, call, payment, ret_problem);
}

static const Error *quote(Shipping *self, Ctx *call, const Order *order, ShippingQuote *ret_quote) {
        meet_the_other(call);
        return plain.shipping.quote(self, call, order, ret_quote);
}

static void place_with_idle_workers(void) {
        pthread_barrier_init(&meet, NULL, 2);
        ctx->workers = workers_new(2, 8);
        while (workers_idle(ctx->workers) < 2)
                sched_yield();
        ck_assert_ok(place());
        workers_free(ctx->workers);
}

TEST(products_and_customer_are_asked_for_at_the_same_time) {
        plain = *world;
        world->catalog.load = load_products;
        world->customers.load = load_customer;
        place_with_idle_workers();
}

TEST(the_payment_is_validated_while_shipping_is_quoted) {
        plain = *world;
        world->payments.validate = validate;
        world->shipping.quote = quote;
        place_with_idle_workers();
}

int main(void) {
        Suite *suite = suite_create("order gather");
        TCase *tests = tcase_create("gather");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, a_currency_that_is_none_is_refused, 0, 4);
        tcase_add_loop_test(tests, an_order_without_prices_is_not_placed, 0, 3);
        tcase_add_loop_test(tests, an_order_without_shipping_is_not_placed, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
