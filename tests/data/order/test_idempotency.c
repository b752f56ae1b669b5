#include <string.h>

#include "proto/message.h"
#include "shop.h"

#define KEY "a-key-of-16-chars"
#define N_CALLERS 32

static Shop *shop;

static void setup(void) {
        shop = shop_open(true);
}

static void teardown(void) {
        shop_close(shop);
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

typedef struct Call {
        pthread_t thread;
        Ctx *ctx;
        OrderV1PlaceOrderRequest *request;
        OrderV1PlaceOrderResponse *response;
        const Error *error;
        Bytes answer;
} Call;

static void prepare(Call *call) {
        call->ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, KEY);
        call->request = shop_request(call->ctx);
        call->response = order_v1_place_order_response_new(call->ctx->arena);
}

static void *run(void *arg) {
        Call *call = arg;

        call->error = shop->orders->place_order(shop->orders, call->ctx, call->request, call->response);
        if (!call->error)
                call->answer = proto_message_pack(call->ctx->arena, &call->response->base);
        return NULL;
}

/* As a client does: again, while another call with its key is under way. */
static void *run_until_answered(void *call) {
        do
                run(call);
        while (error_is(((Call *) call)->error, "IDEMPOTENCY_IN_FLIGHT"));
        return NULL;
}

static Call place(void) {
        Call call;

        prepare(&call);
        run(&call);
        return call;
}

static void assert_same_answer(const Call *a, const Call *b) {
        ck_assert_uint_gt(a->answer.n_bytes, 0);
        ck_assert_uint_eq(a->answer.n_bytes, b->answer.n_bytes);
        ck_assert_mem_eq(a->answer.data, b->answer.data, a->answer.n_bytes);
}

TEST(a_replay_is_identical_to_the_byte_even_after_the_order_moved_on) {
        Call first = place();
        ck_assert_ok(first.error);
        OrderV1CancelOrderRequest *cancel = order_v1_cancel_order_request_new(first.ctx->arena);
        cancel->order_id = first.response->order->order_id;
        ck_assert_ok(shop->orders->cancel_order(shop->orders, first.ctx, cancel,
                                                order_v1_cancel_order_response_new(first.ctx->arena)));
        Call again = place();
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        assert_same_answer(&first, &again);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
}

TEST(one_key_from_32_threads_is_one_order_and_one_answer) {
        Call calls[N_CALLERS];
        int n_replays = 0;

        shop->payments->stall_ms = 50;
        for (int i = 0; i < N_CALLERS; i++)
                prepare(&calls[i]);
        for (int i = 0; i < N_CALLERS; i++)
                pthread_create(&calls[i].thread, NULL, run_until_answered, &calls[i]);
        for (int i = 0; i < N_CALLERS; i++)
                pthread_join(calls[i].thread, NULL);
        for (int i = 0; i < N_CALLERS; i++) {
                ck_assert_ok(calls[i].error);
                assert_same_answer(&calls[0], &calls[i]);
                n_replays += test_is_replay(calls[i].ctx);
        }
        ck_assert_int_eq(n_replays, N_CALLERS - 1);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox"), "2");
        ck_assert_int_eq(shop->payments->n_process_calls, 1);
        ck_assert_uint_eq(shop->warehouse->n_holds, 1);
}

TEST(another_body_under_the_same_key_is_refused) {
        Call first = place();
        Call other;

        ck_assert_ok(first.error);
        prepare(&other);
        other.request->items[0]->quantity = 3;
        run(&other);
        ck_assert_reason(other.error, "IDEMPOTENCY_KEY_REUSED");
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
}

TEST(a_key_belongs_to_its_customer) {
        Call first = place();
        Call other;
        Caller stranger = { .id = "CUST-99999", .roles = ROLE_CUSTOMER };

        ck_assert_ok(first.error);
        prepare(&other);
        other.ctx->caller = &stranger;
        other.request->customer_id = "CUST-99999";
        run(&other);
        ck_assert_ok(other.error);
        ck_assert(!test_is_replay(other.ctx));
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "2");
}

TEST(a_decline_is_replayed_from_its_row) {
        shop->payments->outcome = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_FAILED;
        const Error *first = ck_assert_reason(place().error, "PAYMENT_FAILED");
        Call call = place();
        const Error *again = ck_assert_reason(call.error, "PAYMENT_FAILED");

        ck_assert(test_is_replay(call.ctx));
        ck_assert_str_eq(again->message, first->message);
        for (size_t i = 0; i < first->records[0].n_values; i++) {
                ck_assert_str_eq(again->records[0].values[i].key, first->records[0].values[i].key);
                ck_assert_str_eq(again->records[0].values[i].text, first->records[0].values[i].text);
        }
        ck_assert_int_eq(shop->payments->n_process_calls, 1);
}

TEST(after_a_refusal_the_key_starts_anew) {
        shop->warehouse->is_short = true;
        ck_assert_reason(place().error, "PRODUCT_OUT_OF_STOCK");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_sagas"), "0");
        shop->warehouse->is_short = false;
        Call call = place();
        ck_assert_ok(call.error);
        ck_assert(!test_is_replay(call.ctx));
}

TEST(three_d_secure_answers_at_once_and_replays_what_it_said) {
        shop->payments->outcome = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REQUIRES_ACTION;
        Call first = place();
        ck_assert_ok(first.error);
        ck_assert_int_eq(first.response->order->status,
                         ORDER__V1__ORDER_STATUS__ORDER_STATUS_PENDING_PAYMENT);
        ck_assert_str_eq(first.response->order->payment->next_action->url, "https://bank.example/3ds");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "AWAIT_CUSTOMER");
        Call again = place();
        ck_assert(test_is_replay(again.ctx));
        assert_same_answer(&first, &again);
}

TEST(a_payment_in_doubt_is_settled_behind_the_scenes_and_the_retry_gets_the_answer) {
        shop->payments->answers_get_lost = true;
        const Error *error = ck_assert_reason(place().error, "PAYMENT_PENDING");
        ck_assert_int_gt(error->retry_after_ms, 0);
        shop->payments->answers_get_lost = false;
        shop_wait(shop, "SELECT status FROM orders", "CONFIRMED");
        Call retry = place();
        ck_assert_ok(retry.error);
        ck_assert(test_is_replay(retry.ctx));
        ck_assert_int_eq(retry.response->order->status, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 61379);
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox"), "2");
}

TEST(answers_are_forgotten_after_a_day_and_orders_are_not) {
        ck_assert_ok(place().error);
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT forget_at - created_at FROM order_sagas"), "1 day");
        test_sql(shop->dsn, "UPDATE order_sagas SET forget_at = now() + interval '1 minute'");
        app_part_stop(shop->part);
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
        Call again = place();
        ck_assert(test_is_replay(again.ctx));
        test_sql(shop->dsn, "UPDATE order_sagas SET forget_at = now() - interval '1 minute'");
        test_sql(shop->dsn, "INSERT INTO order_sagas"
                            " (order_id, customer_id, idempotency_key, step, epoch, due_at, forget_at)"
                            " SELECT 'NO-ORDER-' || n, 'C', n, 'DONE', 1, NULL, now()"
                            "   FROM generate_series(1, 2500) n");
        app_part_stop(shop->part);
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
        shop_wait(shop, "SELECT count(*) FROM order_sagas WHERE forget_at IS NOT NULL", "0");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_sagas"), "0");
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
}

int main(void) {
        Suite *suite = suite_create("order idempotency on PostgreSQL");
        TCase *tests = tcase_create("idempotency");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
