#include <string.h>

#include "app/keys.h"
#include "fixture.h"
#include "part.h"
#include "pg/idempotency.h"
#include "proto/message.h"
#include "race.h"
#include "service/warehouse_service.h"
#include "warehouse/v1/warehouse.rpc.h"

#define KEY "key-0123456789abcdef"
#define N_CALLERS 32

static Fixture *f;
static void *implementation;
static RpcKeys *keys;
static WarehouseService *warehouse;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        f = fixture_new();
        implementation = warehouse_service_new(arena, &f->inventory);
        keys = app_keys_new(arena, f->pool, "warehouse", NULL);
        RpcChannel *channel = test_channel_with_keys(&warehouse_service_rpc, implementation, keys);
        warehouse = warehouse_service_connect(arena, channel);
}

/* A call of an admin's, and how it was answered. */
typedef struct Call {
        Ctx *ctx;
        const Error *error;
        Bytes answer;
} Call;

static Ctx *admin_ctx(Ctx *ctx, const char *admin, const char *key) {
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = admin, .roles = ROLE_ADMIN };
        ctx->caller = caller;
        ctx->idempotency_key = key;
        ctx->reply_headers = NULL;
        return ctx;
}

static Call adjust_with(Ctx *ctx, char *sku, int64_t quantity) {
        Call call = { .ctx = ctx };
        WarehouseV1AdjustStockRequest *request = warehouse_v1_adjust_stock_request_new(ctx->arena);
        WarehouseV1AdjustStockResponse *response = warehouse_v1_adjust_stock_response_new(ctx->arena);

        request->sku = sku;
        request->warehouse_id = WAREHOUSE_ID;
        request->quantity = quantity;
        request->reason = "count";
        call.error = warehouse->adjust_stock(warehouse, ctx, request, response);
        if (!call.error)
                call.answer = proto_message_pack(ctx->arena, &response->base);
        return call;
}

static Call adjust(const char *admin, char *sku, int64_t quantity) {
        return adjust_with(admin_ctx(test_ctx(), admin, KEY), sku, quantity);
}

static void assert_same_answer(const Call *a, const Call *b) {
        ck_assert_uint_gt(a->answer.n_bytes, 0);
        ck_assert_uint_eq(a->answer.n_bytes, b->answer.n_bytes);
        ck_assert_mem_eq(a->answer.data, b->answer.data, a->answer.n_bytes);
}

static void assert_on_hand(const char *expected) {
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT coalesce(string_agg(sku || ' ' || on_hand, ', '"
                                               "                           ORDER BY sku), '') FROM stock"),
                         expected);
        fixture_assert_books(f);
}

TEST(a_replay_is_identical_to_the_byte_even_after_the_stock_moved_on) {
        fixture_receive(f, "SKU-A", 5);
        ck_assert_ok(fixture_reserve(f, "ORD-1", "SKU-A", 2));
        Call first = adjust("USER-1", "SKU-A", 10);
        ck_assert_ok(first.error);
        ck_assert(!test_is_replay(first.ctx));
        fixture_receive(f, "SKU-A", 100);
        Call again = adjust("USER-1", "SKU-A", 10);
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        assert_same_answer(&first, &again);
        assert_on_hand("SKU-A 115");
}

TEST(a_correction_is_replayed_even_when_it_could_not_be_made_again) {
        fixture_receive(f, "SKU-A", 10);
        Call first = adjust("USER-1", "SKU-A", -10), again = adjust("USER-1", "SKU-A", -10);

        ck_assert_ok(again.error);
        assert_same_answer(&first, &again);
        assert_on_hand("SKU-A 0");
}

TEST(a_key_is_not_for_another_adjustment_and_leaves_nothing_behind) {
        ck_assert_ok(adjust("USER-1", "SKU-A", 10).error);
        ck_assert_reason(adjust("USER-1", "SKU-A", 11).error, REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_reason(adjust("USER-1", "SKU-B", 10).error, REASON_IDEMPOTENCY_KEY_REUSED);
        assert_on_hand("SKU-A 10");
}

TEST(a_key_belongs_to_its_admin) {
        ck_assert_ok(adjust("USER-1", "SKU-A", 10).error);
        Call other = adjust("USER-2", "SKU-A", 10);
        ck_assert_ok(other.error);
        ck_assert(!test_is_replay(other.ctx));
        assert_on_hand("SKU-A 20");
}

TEST(after_a_refusal_the_key_starts_anew) {
        ck_assert_reason(adjust("USER-1", "SKU-A", -1).error, REASON_SKU_NOT_FOUND);
        ck_assert_ok(adjust("USER-1", "SKU-A", 10).error);
        assert_on_hand("SKU-A 10");
}

/* How each of many was answered. */
static struct {
        uint8_t bytes[256];
        size_t n_bytes; /* 0: not at all */
} answers[N_CALLERS];

/* As a client does: again, while another call with its key is under way. */
static void adjust_until_answered(Ctx *ctx, void *arg, size_t i) {
        Call call;

        (void) arg;
        do
                call = adjust_with(admin_ctx(ctx, "USER-1", KEY), "SKU-A", 10);
        while (error_is(call.error, REASON_IDEMPOTENCY_IN_FLIGHT));
        answers[i].n_bytes = call.answer.n_bytes;
        memcpy(answers[i].bytes, call.answer.data, call.answer.n_bytes);
}

TEST(one_key_from_32_threads_is_one_adjustment_and_one_answer) {
        race_run(N_CALLERS, adjust_until_answered, NULL);
        ck_assert_uint_gt(answers[0].n_bytes, 0);
        for (size_t i = 0; i < N_CALLERS; i++)
                ck_assert_mem_eq(&answers[i], &answers[0], sizeof(answers[0]));
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM stock_ledger"), 1);
        assert_on_hand("SKU-A 10");
}

/* What a call does up to its end, of which its process dies. */
static Ctx *claim_and_adjust(void) {
        Ctx *ctx = admin_ctx(test_ctx(), "USER-1", KEY);
        const RpcMethod *method = &warehouse_service_rpc.methods[0];
        WarehouseV1AdjustStockRequest *request = warehouse_v1_adjust_stock_request_new(ctx->arena);
        WarehouseV1AdjustStockResponse *response = warehouse_v1_adjust_stock_response_new(ctx->arena);
        WarehouseService *handlers = implementation;
        bool replay;

        while (!str_equal(method->name, "AdjustStock"))
                method++;
        request->sku = "SKU-A";
        request->warehouse_id = WAREHOUSE_ID;
        request->quantity = 10;
        request->reason = "count";
        ck_assert_ok(keys->claim(keys, ctx, &(RpcCall) { .method = method, .request = &request->base,
                                                         .response = &response->base }, &replay));
        ck_assert(!replay);
        ck_assert_ok(handlers->adjust_stock(handlers, ctx, request, response));
        return ctx;
}

TEST(what_a_dead_process_has_done_is_answered_and_not_done_again) {
        claim_and_adjust();
        test_sql(f->dsn, "UPDATE idempotency_keys SET lease_until = now() - interval '1 ms'");
        Call again = adjust("USER-1", "SKU-A", 10);
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        assert_on_hand("SKU-A 10");
}

TEST(a_call_whose_key_was_taken_over_adjusts_nothing) {
        StockAdjustment adjustment = {
                .sku = "SKU-A", .warehouse_id = WAREHOUSE_ID, .quantity = 10, .reason = "late"
        };
        IdempotencyClaim gone = { .id = "00000000-0000-4000-8000-000000000000" };
        Ctx *ctx = admin_ctx(test_ctx(), "USER-1", KEY);
        Stock stock;

        ctx->claim = &gone;
        ck_assert_reason(warehouse_adjust(&f->inventory, ctx, &adjustment, &stock), INNER_KEY_TAKEN_OVER);
        assert_on_hand("");
}

static Call reserve(void) {
        Ctx *ctx = admin_ctx(test_ctx(), "USER-1", KEY);
        Call call = { .ctx = ctx };
        WarehouseV1ReserveStockRequest *request = warehouse_v1_reserve_stock_request_new(ctx->arena);
        WarehouseV1ReserveStockResponse *response = warehouse_v1_reserve_stock_response_new(ctx->arena);
        WarehouseV1StockLine *line = warehouse_v1_stock_line_new(ctx->arena);

        line->product_id = "PROD-1";
        line->sku = "SKU-A";
        line->warehouse_id = WAREHOUSE_ID;
        line->quantity = 2;
        request->order_id = "ORD-1";
        request->items = &line;
        request->n_items = 1;
        call.error = warehouse->reserve_stock(warehouse, ctx, request, response);
        if (!call.error)
                call.answer = proto_message_pack(ctx->arena, &response->base);
        return call;
}

TEST(a_hold_with_a_key_is_answered_the_same_when_it_is_over) {
        fixture_receive(f, "SKU-A", 5);
        Call first = reserve();
        ck_assert_ok(first.error);
        test_sql(f->dsn, "UPDATE reservations SET status = 'RELEASED'; UPDATE stock SET reserved = 0");
        Call again = reserve();
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        assert_same_answer(&first, &again);
}

int main(void) {
        Suite *suite = suite_create("warehouse/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
