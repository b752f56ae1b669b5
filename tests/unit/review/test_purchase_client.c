#include "data/purchase_client.h"
#include "base/callee.h"
#include "order/v1/order.reasons.h"
#include "support.h"

static const Error *refusal; /* of the order service */
static size_t n_calls;
static OrderV1OrderStatus status;
static int64_t remaining_ms;

static const Error *get_purchase(OrderService *self, Ctx *ctx, const OrderV1GetPurchaseRequest *request,
                                 OrderV1GetPurchaseResponse *response) {
        (void) self;
        n_calls++;
        remaining_ms = ctx_remaining_ms(ctx);
        ck_assert_str_eq(request->order_id, "ORD-2024-000001");
        ck_assert_ptr_null(ctx->idempotency_key);
        TRY(refusal);
        response->order_id = "ORD-1";
        response->customer_id = "CUST-1";
        response->status = status;
        response->n_products = 2;
        response->products = ARENA_ARRAY(ctx->arena, OrderV1PurchasedProduct *, 2);
        for (size_t i = 0; i < 2; i++)
                response->products[i] = order_v1_purchased_product_new(ctx->arena);
        response->products[0]->product_id = "PROD-1";
        response->products[0]->seller_id = "SELLER-1";
        response->products[1]->product_id = "PROD-2";
        return NULL;
}

static OrderService orders = { .get_purchase = get_purchase };
static Purchases *purchases;

static void set_up(void) {
        refusal = NULL;
        n_calls = 0;
        status = ORDER__V1__ORDER_STATUS__ORDER_STATUS_DELIVERED;
        purchases = review_purchase_client_new(test_ctx()->arena, &orders);
}

static const Error *find(Purchase *ret_purchase) {
        Ctx *ctx = test_ctx();

        ctx->idempotency_key = "key-0123456789abcdef";
        return purchases->find(purchases, ctx, "ORD-2024-000001", ret_purchase);
}

TEST(an_order_is_read_whole) {
        Purchase purchase;

        ck_assert_ok(find(&purchase));
        ck_assert_str_eq(purchase.order_id, "ORD-1");
        ck_assert_str_eq(purchase.customer_id, "CUST-1");
        ck_assert(purchase.is_delivered);
        ck_assert_uint_eq(purchase.n_products, 2);
        ck_assert_str_eq(purchase.products[0].product_id, "PROD-1");
        ck_assert_str_eq(purchase.products[0].seller_id, "SELLER-1");
        ck_assert_str_eq(purchase.products[1].product_id, "PROD-2");
        ck_assert_ptr_null(purchase.products[1].seller_id);
        ck_assert_int_le(remaining_ms, REVIEW_ORDER_TIMEOUT_MS);
}

TEST(only_what_is_delivered_and_was_not_given_back_is) {
        Purchase purchase;

        for (int other = 1; other <= ORDER__V1__ORDER_STATUS__ORDER_STATUS_RETURNED; other++) {
                status = (OrderV1OrderStatus) other;
                ck_assert_ok(find(&purchase));
                ck_assert_int_eq(purchase.is_delivered,
                                 other == ORDER__V1__ORDER_STATUS__ORDER_STATUS_DELIVERED);
        }
}

TEST(an_order_service_that_does_not_answer_is_unavailable) {
        static const struct {
                ErrorCode code;
                const char *reason;
        } errors[] = { { ERROR_UNAVAILABLE, REASON_UNAVAILABLE },
                       { ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED } };
        Purchase purchase;

        for (size_t i = 0; i < 2; i++) {
                refusal = error_new(test_ctx()->arena, errors[i].code, errors[i].reason, "no answer");
                const Error *error = ck_assert_reason(find(&purchase), REASON_UNAVAILABLE);
                ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
                ck_assert_int_gt(error->retry_after_ms, 0);
                ck_assert_ptr_eq(error->cause, refusal);
        }
}

TEST(what_it_says_of_the_order_passes_through) {
        Purchase purchase;

        refusal = error_new(test_ctx()->arena, ERROR_NOT_FOUND, REASON_ORDER_NOT_FOUND, "none");
        ck_assert_ptr_eq(find(&purchase), refusal);
}

TEST(after_some_failures_it_is_not_asked_for_a_while) {
        Purchase purchase;

        refusal = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        for (int i = 0; i < 20; i++)
                ck_assert_reason(find(&purchase), REASON_UNAVAILABLE);
        ck_assert_uint_lt(n_calls, 20);
        ck_assert_uint_ge(n_calls, 5);
}

int main(void) {
        Suite *suite = suite_create("review/purchase_client");
        TCase *tests = tcase_create("purchase_client");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
