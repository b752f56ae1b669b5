#include <string.h>

#include "part.h"
#include "proto/message.h"
#include "race.h"
#include "shop.h"

#define KEY "a-key-of-16-chars"
#define N_CALLERS 32

static Shop *shop;
static OrderService *orders;
static const char *order_id;

static void setup(void) {
        Arena *arena = test_ctx()->arena;
        const Error *error;

        shop = shop_open(true);
        void *implementation = shop->orders;
        RpcKeys *keys = app_part_keys(shop->part);
        RpcChannel *channel = test_channel_with_keys(&order_service_rpc, implementation, keys);
        orders = order_service_connect(arena, channel);
        const OrderV1Order *order = shop_place(shop, NULL, &error);
        ck_assert_ok(error);
        order_id = order->order_id;
}

static void teardown(void) {
        shop_close(shop);
}

typedef struct Call {
        Ctx *ctx;
        const Error *error;
        Bytes answer;
} Call;

static Call cancel(const char *customer_id, char *reason) {
        Call call = { .ctx = shop_ctx(shop, customer_id, ROLE_CUSTOMER, KEY) };
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(call.ctx->arena);
        OrderV1CancelOrderResponse *response = order_v1_cancel_order_response_new(call.ctx->arena);

        request->order_id = (char *) order_id;
        request->reason = reason;
        call.error = orders->cancel_order(orders, call.ctx, request, response);
        if (!call.error)
                call.answer = proto_message_pack(call.ctx->arena, &response->base);
        return call;
}

static void assert_same_answer(const Call *a, const Call *b) {
        ck_assert_uint_gt(a->answer.n_bytes, 0);
        ck_assert_uint_eq(a->answer.n_bytes, b->answer.n_bytes);
        ck_assert_mem_eq(a->answer.data, b->answer.data, a->answer.n_bytes);
}

TEST(a_cancellation_is_replayed_to_the_byte) {
        Call first = cancel("CUST-12345", "changed my mind");
        ck_assert_ok(first.error);
        ck_assert(!test_is_replay(first.ctx));
        test_sql(shop->dsn, "UPDATE orders SET cancel_reason = 'what it is now'");
        Call again = cancel("CUST-12345", "changed my mind");
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        assert_same_answer(&first, &again);
}

TEST(a_key_is_not_for_another_cancellation) {
        ck_assert_ok(cancel("CUST-12345", "changed my mind").error);
        ck_assert_reason(cancel("CUST-12345", "another reason").error, "IDEMPOTENCY_KEY_REUSED");
}

/* What is refused is not kept, and the key of somebody else's answer shows nothing. */
TEST(a_key_belongs_to_its_customer) {
        ck_assert_ok(cancel("CUST-12345", "changed my mind").error);
        ck_assert_reason(cancel("CUST-99999", "changed my mind").error, "ORDER_NOT_FOUND");
        ck_assert_str_eq(test_sql_text(shop->dsn, "SELECT caller FROM idempotency_keys"), "CUST-12345");
}

static Call calls[N_CALLERS];

static void cancel_until_answered(Ctx *ctx, void *arg, size_t i) {
        (void) ctx;
        (void) arg;
        do
                calls[i] = cancel("CUST-12345", "changed my mind");
        while (error_is(calls[i].error, "IDEMPOTENCY_IN_FLIGHT"));
}

TEST(one_key_from_32_threads_is_one_cancellation_and_one_answer) {
        int n_replays = 0;

        race_run(N_CALLERS, cancel_until_answered, NULL);
        for (size_t i = 0; i < N_CALLERS; i++) {
                ck_assert_ok(calls[i].error);
                assert_same_answer(&calls[0], &calls[i]);
                n_replays += test_is_replay(calls[i].ctx);
        }
        ck_assert_int_eq(n_replays, N_CALLERS - 1);
        ck_assert_str_eq(test_sql_text(shop->dsn, "SELECT count(*) FROM order_history"
                                                  " WHERE to_status = 'CANCELLED'"),
                         "1");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
}

/* Its claim is the saga's row: an order costs no other. */
TEST(placing_an_order_claims_nothing_else) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, KEY), *again;
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        ck_assert_ok(orders->place_order(orders, ctx, shop_request(ctx), response));
        again = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, KEY);
        ck_assert_ok(orders->place_order(orders, again, shop_request(again), response));
        ck_assert(test_is_replay(again));
        ck_assert_str_eq(test_sql_text(shop->dsn, "SELECT count(*) FROM idempotency_keys"), "0");
        ck_assert_str_eq(test_sql_text(shop->dsn, "SELECT count(*) FROM order_sagas"
                                                  " WHERE idempotency_key IS NOT NULL"),
                         "1");
}

TEST(old_keys_are_forgotten_by_themselves) {
        ck_assert_ok(cancel("CUST-12345", "changed my mind").error);
        test_sql(shop->dsn, "INSERT INTO idempotency_keys (caller, method, key, request_hash, claim,"
                            "                              lease_until, created_at)"
                            " SELECT 'C', 'M', n, '', gen_random_uuid(), now(), now() - interval '1 day'"
                            "   FROM generate_series(1, 2500) n");
        app_part_stop(shop->part);
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
        shop_wait(shop, "SELECT count(*) FROM idempotency_keys", "1");
}

int main(void) {
        Suite *suite = suite_create("order keys on PostgreSQL");
        TCase *tests = tcase_create("keys");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
