#include <string.h>

#include "base/memory.h"
#include "shop.h"

static Shop *shop;

static void setup(void) {
        shop = shop_open(false);
}

static void teardown(void) {
        shop_close(shop);
}

/* 25 orders: pairs share their time to the microsecond, every fifth is cancelled, three are a stranger's. */
static void fill(void) {
        test_sql(
                shop->dsn,
                "INSERT INTO orders (order_id, order_number, customer_id, customer_name, customer_email,"
                " customer_tier, status, version, payment_id, payment_method, payment_token, payment_status,"
                " currency, subtotal_minor, discount_minor, shipping_minor, tax_minor, total_minor,"
                " discounts, shipping_method, shipping_warehouse,"
                " estimated_delivery, shipping_address, billing_address, notes, hold_expires_at, created_at)"
                " SELECT 'ORD-' || lpad(n::text, 2, '0'), 'ORD-2026-' || n,"
                " CASE WHEN n > 22 THEN 'CUST-99999' ELSE 'CUST-12345' END, 'Ada', 'a@b', 'gold',"
                " CASE n % 5 WHEN 0 THEN 'CANCELLED' ELSE 'CONFIRMED' END, 2, 'PAY', 'cod', '', 'pending',"
                " 'USD', 100, 10, 0, 0, 90,"
                " '[{\"type\":\"promotion\",\"code\":\"X\",\"amountMinor\":10}]', 'standard', 'W',"
                " '2026-01-01', '{}', '{}', '', now(),"
                " '2026-01-01Z'::timestamptz + (n / 2) * interval '1 second'"
                " FROM generate_series(1, 25) n");
        test_sql(
                shop->dsn,
                "INSERT INTO order_items (order_id, line, product_id, sku, name, warehouse_id, quantity,"
                " unit_price_minor, total_minor, discount_minor)"
                " SELECT order_id, l, 'P', 'SKU-' || l, 'N', 'W', 1, 50, 50, 5"
                " FROM orders, generate_series(1, 2) l");
}

static OrderV1ListOrdersResponse *list(Ctx *ctx, int64_t page_size, const char *cursor,
                                       OrderV1OrderStatus status, const Error **ret_error) {
        OrderV1ListOrdersRequest *request = order_v1_list_orders_request_new(ctx->arena);
        OrderV1ListOrdersResponse *response = order_v1_list_orders_response_new(ctx->arena);

        request->page_size = page_size;
        request->cursor = cursor;
        request->status = status;
        *ret_error = shop->orders->list_orders(shop->orders, ctx, request, response);
        return response;
}

TEST(pages_show_every_order_once_newest_first) {
        const char *cursor = "", *last = "ORD-99";
        const Error *error;
        int n = 0, n_pages = 0;

        fill();
        do {
                OrderV1ListOrdersResponse *page =
                        list(shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL), 4, cursor, 0, &error);
                ck_assert_ok(error);
                for (size_t i = 0; i < page->n_orders; i++, n++) {
                        ck_assert_int_lt(strcmp(page->orders[i]->order_id, last), 0);
                        last = page->orders[i]->order_id;
                        ck_assert_uint_eq(page->orders[i]->n_items, 2);
                        ck_assert_str_eq(page->orders[i]->items[1]->sku, "SKU-2");
                        ck_assert_str_eq(page->orders[i]->pricing->discounts[0]->code, "X");
                        ck_assert_str_eq(page->orders[i]->customer_id, "CUST-12345");
                }
                cursor = page->next_cursor;
                n_pages++;
        } while (*cursor);
        ck_assert_int_eq(n, 22);
        ck_assert_int_eq(n_pages, 6);
}

/* Every order has as many lines as one may have, with long names: 30 KB. */
static void add_lines(void) {
        test_sql(shop->dsn,
                 "INSERT INTO order_items (order_id, line, product_id, sku, name, warehouse_id, quantity,"
                 " unit_price_minor, total_minor, discount_minor)"
                 " SELECT order_id, l, 'P', 'SKU-' || l, repeat('N', 200), 'W', 1, 50, 50, 5"
                 " FROM orders, generate_series(3, 100) l");
}

TEST(a_page_ends_where_the_next_order_would_not_fit_into_a_message) {
        const char *cursor = "", *last = "ORD-99";
        const Error *error;
        size_t n = 0, n_pages = 0;

        fill();
        add_lines();
        do {
                OrderV1ListOrdersResponse *page =
                        list(shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL), 100, cursor, 0, &error);
                ck_assert_ok(error);
                ck_assert_uint_gt(page->n_orders, 1);
                ck_assert_uint_le(protobuf_c_message_get_packed_size(&page->base), MESSAGE_MAX_BYTES);
                for (size_t i = 0; i < page->n_orders; i++, n++) {
                        ck_assert_int_lt(strcmp(page->orders[i]->order_id, last), 0);
                        last = page->orders[i]->order_id;
                        ck_assert_uint_eq(page->orders[i]->n_items, 100);
                }
                cursor = page->next_cursor;
                n_pages++;
        } while (*cursor);
        ck_assert_uint_eq(n, 22);
        ck_assert_uint_gt(n_pages, 1);
}

TEST(a_page_that_ends_with_the_last_order_has_no_next) {
        const Error *error;

        fill();
        OrderV1ListOrdersResponse *page =
                list(shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL), 22, "", 0, &error);
        ck_assert_uint_eq(page->n_orders, 22);
        ck_assert_str_eq(page->next_cursor, "");
        page = list(shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL), 21, "", 0, &error);
        ck_assert_str_ne(page->next_cursor, "");
}

TEST(a_list_can_be_of_one_status_and_an_admin_sees_all) {
        const Error *error;

        fill();
        OrderV1ListOrdersResponse *page = list(shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL), 100, "",
                                               ORDER__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED, &error);
        ck_assert_uint_eq(page->n_orders, 4);
        page = list(shop_ctx(shop, "ADMIN", ROLE_ADMIN, NULL), 100, "", 0, &error);
        ck_assert_uint_eq(page->n_orders, 25);
        page = list(shop_ctx(shop, "CUST-NEW", ROLE_CUSTOMER, NULL), 100, "", 0, &error);
        ck_assert_uint_eq(page->n_orders, 0);
}

TEST(a_garbled_cursor_is_refused) {
        static const char *const garbage[] = { "..",     "!",      "QUJD",     "MTIz",
                                               "OjEyMw", "LTE6eA", "MTpPUkQ=", "MTpP+kQ" };
        const Error *error;

        for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
                list(shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL), 4, garbage[i], 0, &error);
                ck_assert_msg(error != NULL, "accepted %s", garbage[i]);
                ck_assert_str_eq(ck_assert_reason(error, REASON_INVALID_REQUEST)->violations[0].field,
                                 "cursor");
        }
}

TEST(lists_are_index_ranges) {
        fill();
        test_sql(shop->dsn, "ANALYZE orders");
        const char *plan = test_sql_text(
                shop->dsn,
                "CREATE FUNCTION plan() RETURNS text LANGUAGE plpgsql AS $$"
                " DECLARE line text; lines text := ''; BEGIN"
                " SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off;"
                " FOR line IN EXPLAIN SELECT order_id FROM orders WHERE customer_id = 'CUST-12345'"
                "   AND (created_at, order_id) < (now(), 'x')"
                " ORDER BY created_at DESC, order_id DESC LIMIT 20"
                " LOOP lines := lines || line; END LOOP; RETURN lines; END $$; SELECT plan()");
        ck_assert_ptr_nonnull(strstr(plan, "orders_by_customer"));
        ck_assert_ptr_null(strstr(plan, "Sort"));
}

TEST(an_order_reads_back_as_it_was_answered) {
        const Error *error;
        const OrderV1Order *placed = shop_place(shop, NULL, &error);
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        const char *const keys[] = { placed->order_id, placed->order_number };

        for (int i = 0; i < 2; i++) {
                OrderV1GetOrderRequest *request = order_v1_get_order_request_new(ctx->arena);
                OrderV1GetOrderResponse *response = order_v1_get_order_response_new(ctx->arena);

                request->order_id = keys[i];
                ck_assert_ok(shop->orders->get_order(shop->orders, ctx, request, response));
                Bytes read = proto_message_pack(ctx->arena, &response->order->base);
                Bytes answered = proto_message_pack(ctx->arena, &placed->base);
                ck_assert_uint_eq(read.n_bytes, answered.n_bytes);
                ck_assert_mem_eq(read.data, answered.data, read.n_bytes);
        }
}

TEST(a_foreign_order_does_not_exist) {
        const Error *error;
        const OrderV1Order *placed = shop_place(shop, NULL, &error);
        Ctx *ctx = shop_ctx(shop, "CUST-99999", ROLE_CUSTOMER, NULL);
        OrderV1GetOrderRequest *request = order_v1_get_order_request_new(ctx->arena);

        request->order_id = placed->order_id;
        ck_assert_reason(shop->orders->get_order(shop->orders, ctx, request,
                                                 order_v1_get_order_response_new(ctx->arena)),
                         "ORDER_NOT_FOUND");
}

TEST(a_service_hears_of_a_purchase_whoever_it_asks_for) {
        const Error *error;
        const OrderV1Order *placed = shop_place(shop, NULL, &error);
        Ctx *ctx = shop_ctx(shop, "CUST-99999", ROLE_CUSTOMER, NULL);
        const char *const keys[] = { placed->order_id, placed->order_number };

        for (int i = 0; i < 2; i++) {
                OrderV1GetPurchaseRequest *request = order_v1_get_purchase_request_new(ctx->arena);
                OrderV1GetPurchaseResponse *response = order_v1_get_purchase_response_new(ctx->arena);

                request->order_id = keys[i];
                ck_assert_ok(shop->orders->get_purchase(shop->orders, ctx, request, response));
                ck_assert_str_eq(response->order_id, placed->order_id);
                ck_assert_str_eq(response->customer_id, "CUST-12345");
                ck_assert_int_eq(response->status, placed->status);
                ck_assert_uint_eq(response->n_products, placed->n_items);
                for (size_t k = 0; k < placed->n_items; k++) {
                        ck_assert_str_eq(response->products[k]->product_id, placed->items[k]->product_id);
                        ck_assert_str_eq(response->products[k]->seller_id, placed->items[k]->seller_id);
                }
                request->order_id = "ORD-NONE";
                ck_assert_reason(shop->orders->get_purchase(shop->orders, ctx, request, response),
                                 "ORDER_NOT_FOUND");
        }
}

TEST(holds_are_resolved_from_orders_and_claims) {
        Ctx *ctx = shop_ctx(shop, "", ROLE_SERVICE, NULL);
        OrderV1ResolveHoldsRequest *request = order_v1_resolve_holds_request_new(ctx->arena);
        OrderV1ResolveHoldsResponse *response = order_v1_resolve_holds_response_new(ctx->arena);
        static const OrderV1HoldOutcome expected[] = {
                ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_CONFIRMED,
                ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_RELEASED,
                ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_PENDING,
                ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN,
                ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN,
        };

        fill();
        test_sql(shop->dsn, "INSERT INTO order_sagas (order_id, customer_id, step, epoch) VALUES"
                            " ('ORD-CLAIMED', 'C', 'CLAIMED', 1), ('ORD-GIVEN-UP', 'C', 'COMPENSATE', 1)");
        request->order_ids =
                (const char *[]) { "ORD-01", "ORD-05", "ORD-CLAIMED", "ORD-GIVEN-UP", "ORD-NONE" };
        request->n_order_ids = 5;
        ck_assert_ok(shop->orders->resolve_holds(shop->orders, ctx, request, response));
        ck_assert_uint_eq(response->n_outcomes, 5);
        for (int i = 0; i < 5; i++)
                ck_assert_int_eq(response->outcomes[i], expected[i]);
}

static const Error *get(const char *order_id) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1GetOrderRequest *request = order_v1_get_order_request_new(ctx->arena);

        request->order_id = order_id;
        return shop->orders->get_order(shop->orders, ctx, request,
                                       order_v1_get_order_response_new(ctx->arena));
}

static void assert_unknown(const Error *error, const char *what) {
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_null(error->reason);
        ck_assert_str_eq(error->message,
                         arena_printf(test_ctx()->arena, "%s, which this version does not know", what));
}

/* The hold of an order whose status is not known is kept, and the others are resolved. */
TEST(words_that_are_not_known_are_errors_and_no_defaults) {
        Ctx *ctx = shop_ctx(shop, "", ROLE_SERVICE, NULL);
        OrderV1ResolveHoldsRequest *request = order_v1_resolve_holds_request_new(ctx->arena);
        OrderV1ResolveHoldsResponse *response = order_v1_resolve_holds_response_new(ctx->arena);

        fill();
        test_sql(shop->dsn, "ALTER DOMAIN order_status DROP CONSTRAINT order_status_check;"
                            "UPDATE orders SET payment_status = 'partially_refunded'"
                            " WHERE order_id = 'ORD-01';"
                            "UPDATE orders SET status = 'ON_HOLD' WHERE order_id = 'ORD-02'");
        assert_unknown(get("ORD-01"), "orders.payment_status holds partially_refunded");
        assert_unknown(get("ORD-02"), "orders.status holds ON_HOLD");
        request->order_ids = (const char *[]) { "ORD-02", "ORD-05" };
        request->n_order_ids = 2;
        ck_assert_ok(shop->orders->resolve_holds(shop->orders, ctx, request, response));
        ck_assert_int_eq(response->outcomes[0], ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_PENDING);
        ck_assert_int_eq(response->outcomes[1], ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_RELEASED);
}

TEST(a_step_that_is_not_known_is_an_error_and_not_done) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(ctx->arena);
        const Error *error;
        const OrderV1Order *order = shop_place(shop, NULL, &error);

        ck_assert_ok(error);
        test_sql(shop->dsn, "ALTER DOMAIN order_saga_step DROP CONSTRAINT order_saga_step_check;"
                            "UPDATE order_sagas SET step = 'PARKED'");
        request->order_id = order->order_id;
        assert_unknown(shop->orders->cancel_order(shop->orders, ctx, request,
                                                  order_v1_cancel_order_response_new(ctx->arena)),
                       "order_sagas.step holds PARKED");
}

int main(void) {
        Suite *suite = suite_create("order queries on PostgreSQL");
        TCase *tests = tcase_create("query");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
