/* What an order takes from the catalog and from pricing, and what it does while they do not answer. */
#include "data/order_repo.h"
#include "data/saga_store.h"
#include "proto/message.h"
#include "shop.h"

static Shop *shop;

static void setup(void) {
        shop = shop_open(false);
}

static void teardown(void) {
        shop_close(shop);
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

static const OrderV1Order *place(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, NULL, &error);

        ck_assert_ok(error);
        return order;
}

static void assert_refused(void) {
        const Error *error;

        ck_assert_ptr_null(shop_place(shop, NULL, &error));
        ck_assert_reason(error, REASON_UNAVAILABLE);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
}

static void assert_nothing_is_left(void) {
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_sagas)"
                             " + (SELECT count(*) FROM outbox)"),
                         "0");
        ck_assert_uint_eq(shop->warehouse->n_holds, 0);
}

/* ---- what is kept ---- */

static void assert_answer_adds_up(const OrderV1Order *order) {
        const OrderV1OrderPricing *pricing = order->pricing;
        int64_t goods_minor = 0, discounts_minor = 0;

        for (size_t i = 0; i < order->n_items; i++)
                goods_minor += order->items[i]->total_price->minor - order->items[i]->discount->minor;
        for (size_t i = 0; i < pricing->n_discounts; i++)
                discounts_minor += pricing->discounts[i]->amount->minor;
        ck_assert_int_eq(goods_minor + discounts_minor, pricing->subtotal->minor);
        ck_assert_int_eq(goods_minor + pricing->shipping->minor + pricing->tax->minor, pricing->total->minor);
}

static void assert_rows_and_events_add_up(void) {
        ck_assert_str_eq(
                SQL("SELECT bool_and(o.total_minor = o.shipping_minor + o.tax_minor +"
                    " (SELECT sum(i.total_minor - i.discount_minor) FROM order_items i"
                    "   WHERE i.order_id = o.order_id))::text FROM orders o"),
                "true");
        ck_assert_str_eq(
                SQL("SELECT bool_and((t->>'total')::numeric ="
                    " (t->>'shipping')::numeric + (t->>'tax')::numeric +"
                    " (SELECT sum((i->>'totalPrice')::numeric - (i->>'discount')::numeric)"
                    "    FROM json_array_elements(d->'items') AS i))::text"
                    "  FROM outbox, LATERAL (SELECT payload::json->'data' AS d) x,"
                    "       LATERAL (SELECT d->'totals' AS t) y"),
                "true");
}

TEST(lines_less_discounts_with_shipping_and_tax_are_the_total_everywhere) {
        shop->prices->bulk_minor = 1001;
        shop->prices->taxes_shipping = true;
        const OrderV1Order *order = place();
        ck_assert_int_eq(order->pricing->total_discounts->minor, 9750 + 1001);
        ck_assert_int_eq(order->pricing->tax->minor, 4581); /* 8.203 % of 542.47 and 15.99 */
        assert_answer_adds_up(order);
        assert_rows_and_events_add_up();
}

TEST(rows_and_events_keep_what_it_was_priced_with) {
        shop->prices->rules_version = 42;
        place();
        ck_assert_str_eq(
                SQL("SELECT rules_version || ' ' || extract(epoch FROM rules_at)::bigint || ' ' || degraded"
                    " FROM orders"),
                "42 1723400042 false");
        ck_assert_str_eq(
                SQL("SELECT string_agg(concat_ws(':', seller_id, tax_class, tax_ppm, taxes_shipping), ' '"
                    " ORDER BY line) FROM order_items"),
                "SELLER-1:standard:82030:f SELLER-2:standard:82030:f");
        ck_assert_str_eq(
                SQL("SELECT d->'totals'->>'rulesVersion' || ' ' || (d->'totals'->>'rulesAt') || ' '"
                    " || coalesce(d->'totals'->>'degraded', '-') || ' '"
                    " || (d->'items'->1->>'sellerId') || ' '"
                    " || (d->'items'->1->>'taxClass') || ' ' || (d->'items'->1->>'taxPpm') || ' '"
                    " || (d->'items'->1->>'discount')"
                    "  FROM (SELECT payload::json->'data' AS d FROM outbox WHERE aggregate_version = 1) x"),
                "42 2024-08-11T18:14:02Z - SELLER-2 standard 82030 22.50");
}

static const OrderV1Order *get(const char *order_id) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1GetOrderRequest *request = order_v1_get_order_request_new(ctx->arena);
        OrderV1GetOrderResponse *response = order_v1_get_order_response_new(ctx->arena);

        request->order_id = order_id;
        ck_assert_ok(shop->orders->get_order(shop->orders, ctx, request, response));
        return response->order;
}

/* As the business sees it. */
static Order *find(const char *order_id) {
        PgPool *pool = pool_on(shop->dsn, 1);
        Arena *arena = test_ctx()->arena;
        OrderRepo *orders = order_repo_new(arena, pool, order_saga_store_new(arena, pool, SHOP_LEASE_MS));
        Order *order;

        ck_assert_ok(orders->find(orders, test_ctx(), order_id, &order));
        ck_assert_ptr_nonnull(order);
        pg_pool_free(pool);
        return order;
}

TEST(an_order_is_read_as_it_was_answered) {
        shop->prices->bulk_minor = 500;
        shop->prices->taxes_shipping = true;
        const OrderV1Order *placed = place();
        const OrderV1Order *read = get(placed->order_id);
        Bytes first = proto_message_pack(test_ctx()->arena, &placed->base);
        Bytes second = proto_message_pack(test_ctx()->arena, &read->base);

        ck_assert_str_eq(read->pricing->discounts[2]->type, "bulk");
        ck_assert_str_eq(read->pricing->discounts[2]->name, "three and more");
        ck_assert_uint_eq(first.n_bytes, second.n_bytes);
        ck_assert_mem_eq(first.data, second.data, first.n_bytes);
}

/* What a process of the release before writes, which knows no others; but for the ids. */
#define OLD_ORDER                                                                                            \
        "customer_id, customer_name, customer_email, customer_tier, status, version, payment_method,"        \
        " payment_token, payment_status, currency, subtotal_minor, discount_minor, shipping_minor,"          \
        " tax_minor, total_minor, discounts, shipping_method, shipping_warehouse, estimated_delivery,"       \
        " shipping_address, billing_address, notes, hold_expires_at, created_at"
#define OLD_ITEM                                                                                             \
        "line, product_id, sku, name, warehouse_id, quantity, unit_price_minor, total_minor, discount_minor"

TEST(an_order_from_before_is_read_without_what_was_not_kept) {
        Order *read;

        place();
        test_sql(shop->dsn,
                 "INSERT INTO orders (order_id, order_number, payment_id, " OLD_ORDER ")"
                 " SELECT 'ORD-OLD', 'ORD-2020-1', 'PAY-OLD', " OLD_ORDER " FROM orders;"
                 "INSERT INTO order_items (order_id, " OLD_ITEM ")"
                 " SELECT 'ORD-OLD', " OLD_ITEM " FROM order_items");
        const OrderV1Order *order = get("ORD-OLD");
        ck_assert_int_eq(order->pricing->rules_version, 0);
        ck_assert_ptr_null(order->pricing->rules_at);
        ck_assert(!order->pricing->degraded);
        ck_assert_str_eq(order->items[0]->tax_class, "");
        ck_assert_str_eq(order->items[0]->seller_id, "");
        ck_assert_int_eq(order->pricing->total->minor, 61379);
        read = find("ORD-OLD");
        ck_assert_int_eq(read->pricing.taxable_shipping_minor, read->pricing.shipping_minor);
        ck_assert_int_eq(read->shipping.rates_version, 0);
        ck_assert_int_eq(read->shipping.rates_at_us, 0);
        ck_assert_int_eq(read->items[0].size.weight_grams + read->items[0].size.length_mm, 0);
}

TEST(an_order_is_read_with_what_its_shipping_was_quoted_with) {
        shop->shipping->rates_version = 7;
        shop->shipping->is_free_of_taxes = true;
        const Order *read = find(place()->order_id);
        ck_assert_int_eq(read->pricing.shipping_minor, 1599);
        ck_assert_int_eq(read->pricing.taxable_shipping_minor, 0);
        ck_assert_int_eq(read->shipping.rates_version, 7);
        ck_assert_int_eq(read->shipping.rates_at_us, SHIPPING_BOOK_AS_OF_S * 1000000);
        for (size_t i = 0; i < read->n_items; i++) {
                const ProductSize *size = &read->items[i].size;

                ck_assert_int_eq(size->weight_grams, 250);
                ck_assert_int_eq(size->length_mm, 190);
                ck_assert_int_eq(size->width_mm, 170);
                ck_assert_int_eq(size->height_mm, 80);
        }
}

/* ---- what is refused ---- */

TEST(a_price_that_there_is_not_in_a_currency_is_refused) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        request->currency = "KWD";
        const Error *error = ck_assert_reason(shop->orders->place_order(shop->orders, ctx, request, response),
                                              "PRICE_UNAVAILABLE");
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        assert_nothing_is_left();
}

/* ---- while they do not answer ---- */

typedef enum Callee { CATALOG, PRICING, BOTH } Callee;

static void put(Callee callee, Mood mood) {
        if (callee != PRICING)
                shop->catalog->mood = mood;
        if (callee != CATALOG)
                shop->prices->mood = mood;
}

START_TEST(what_was_never_said_makes_no_order) {
        put((Callee) _i, MOOD_AWAY);
        assert_refused();
        assert_nothing_is_left();
        put((Callee) _i, MOOD_ANSWERS);
        ck_assert(!place()->pricing->degraded);
}
END_TEST

static void assert_degraded(void) {
        const OrderV1Order *order = place();

        ck_assert(order->pricing->degraded);
        ck_assert_int_eq(order->pricing->total->minor, 61379);
        ck_assert_str_eq(SQL("SELECT degraded FROM orders WHERE order_id = '%s'", order->order_id), "t");
        ck_assert_str_eq(SQL("SELECT string_agg(payload::json->'data'->'totals'->>'degraded', ' ')"
                             " FROM outbox WHERE aggregate_id = '%s'",
                             order->order_id),
                         "true true");
        ck_assert(get(order->order_id)->pricing->degraded);
}

START_TEST(while_one_is_away_what_it_said_last_counts_and_the_order_says_so) {
        ck_assert(!place()->pricing->degraded);
        put((Callee) _i, MOOD_AWAY);
        assert_degraded();
        assert_degraded();
        put((Callee) _i, MOOD_ANSWERS);
        ck_assert(!place()->pricing->degraded);
}
END_TEST

START_TEST(one_that_is_too_slow_is_waited_for_as_long_as_it_may_take) {
        place();
        put((Callee) _i, MOOD_SILENT);
        assert_degraded();
        put((Callee) _i, MOOD_ANSWERS);
        ck_assert(!place()->pricing->degraded);
}
END_TEST

TEST(without_a_remembered_price_that_of_the_catalog_counts) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        shop->prices->more_minor = 100;
        place();
        shop->prices->mood = MOOD_AWAY;
        request->items[0]->quantity = 3;
        ck_assert_ok(shop->orders->place_order(shop->orders, ctx, request, response));
        ck_assert(response->order->pricing->degraded);
        ck_assert_int_eq(response->order->items[0]->unit_price->minor, 24999);
        ck_assert_int_eq(response->order->items[1]->unit_price->minor, 15100);
        assert_answer_adds_up(response->order);
        assert_rows_and_events_add_up();
}

TEST(taxes_that_were_never_said_make_no_order) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);

        place();
        shop->prices->mood = MOOD_AWAY;
        request->shipping_address->state = "NY";
        ck_assert_reason(shop->orders->place_order(shop->orders, ctx, request,
                                                   order_v1_place_order_response_new(ctx->arena)),
                         REASON_UNAVAILABLE);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
}

START_TEST(one_that_refuses_is_not_covered_up) {
        const Error *error;

        place();
        put((Callee) _i, MOOD_BROKEN);
        ck_assert_ptr_null(shop_place(shop, NULL, &error));
        ck_assert_int_eq(error->code, ERROR_INTERNAL);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
}
END_TEST

static bool is_refused(void *arg) {
        const Error *error;

        (void) arg;
        return shop_place(shop, NULL, &error) == NULL;
}

START_TEST(what_was_said_too_long_ago_makes_no_order) {
        teardown();
        shop = shop_open_with(&(ShopLimits) { .last_said_ms = 1 }, false);
        place();
        put((Callee) _i, MOOD_AWAY);
        test_wait_until(is_refused, NULL, TEST_WAIT_MS, "a millisecond is over");
        assert_refused();
}
END_TEST

int main(void) {
        Suite *suite = suite_create("order prices on PostgreSQL");
        TCase *tests = tcase_create("prices");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        tcase_add_loop_test(tests, what_was_never_said_makes_no_order, CATALOG, BOTH + 1);
        tcase_add_loop_test(tests, while_one_is_away_what_it_said_last_counts_and_the_order_says_so, CATALOG,
                            BOTH + 1);
        tcase_add_loop_test(tests, one_that_is_too_slow_is_waited_for_as_long_as_it_may_take, CATALOG, BOTH);
        tcase_add_loop_test(tests, one_that_refuses_is_not_covered_up, CATALOG, BOTH);
        tcase_add_loop_test(tests, what_was_said_too_long_ago_makes_no_order, CATALOG, BOTH + 1);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
