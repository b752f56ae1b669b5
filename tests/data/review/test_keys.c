#include <string.h>

#include "app/keys.h"
#include "fixture.h"
#include "part.h"
#include "pg/idempotency.h"
#include "race.h"
#include "service/review_service.h"

#define KEY "key-0123456789abcdef"
#define N_CALLERS 32

static Fixture *f;
static ReviewService *reviews;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        f = fixture_new();
        f->reviews.snapshot = review_service_snapshot;
        void *implementation = review_service_new(arena, &f->reviews, &f->requests);
        RpcKeys *keys = app_keys_new(arena, f->pool, "review", NULL);
        RpcChannel *channel = test_channel_with_keys(&review_service_rpc, implementation, keys);
        reviews = review_service_connect(arena, channel);
}

/* A call of a customer's, and how it was answered. */
typedef struct Call {
        Ctx *ctx;
        const Error *error;
        Bytes answer;
} Call;

static Call create_with(Ctx *ctx, const char *customer, const char *product) {
        ReviewV1CreateReviewRequest *request = review_v1_create_review_request_new(ctx->arena);
        ReviewV1CreateReviewResponse *response = review_v1_create_review_response_new(ctx->arena);
        Call call = { .ctx = fixture_as(ctx, customer, ROLE_CUSTOMER) };

        ctx->idempotency_key = KEY;
        ctx->reply_headers = NULL;
        request->product_id = product;
        request->rating = 4;
        request->title = "Title";
        request->text = "Text";
        call.error = reviews->create_review(reviews, ctx, request, response);
        if (!call.error)
                call.answer = proto_message_pack(ctx->arena, &response->base);
        return call;
}

static Call create(const char *customer, const char *product) {
        return create_with(test_ctx(), customer, product);
}

TEST(a_replay_is_identical_to_the_byte_even_after_the_review_was_changed) {
        Call first = create("CUST-1", "PROD-1");

        ck_assert_ok(first.error);
        ck_assert(!test_is_replay(first.ctx));
        test_sql(f->dsn, "UPDATE reviews SET rating = 1, version = 5");
        Call again = create("CUST-1", "PROD-1");
        ck_assert_ok(again.error);
        ck_assert(test_is_replay(again.ctx));
        ck_assert_uint_gt(first.answer.n_bytes, 0);
        ck_assert_uint_eq(first.answer.n_bytes, again.answer.n_bytes);
        ck_assert_mem_eq(first.answer.data, again.answer.data, first.answer.n_bytes);
        ck_assert_int_eq(fixture_count(f, "reviews"), 1);
}

TEST(a_key_is_not_for_another_review_and_belongs_to_its_customer) {
        ck_assert_ok(create("CUST-1", "PROD-1").error);
        ck_assert_reason(create("CUST-1", "PROD-2").error, REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_ok(create("CUST-2", "PROD-2").error);
        ck_assert_int_eq(fixture_count(f, "reviews"), 2);
}

TEST(after_a_refusal_the_key_starts_anew) {
        const Review *other;

        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", NULL, 4, &other));
        ck_assert_reason(create("CUST-1", "PROD-1").error, REASON_REVIEW_EXISTS);
        test_sql(f->dsn, "UPDATE reviews SET status = 'WITHDRAWN'");
        ck_assert_ok(create("CUST-1", "PROD-1").error);
        ck_assert_int_eq(fixture_count(f, "reviews"), 2);
}

static uint8_t answers[N_CALLERS][256];

/* As a client does: again, while another call with its key is under way. */
static void create_until_answered(Ctx *ctx, void *arg, size_t i) {
        Call call;

        (void) arg;
        do
                call = create_with(ctx, "CUST-1", "PROD-1");
        while (error_is(call.error, REASON_IDEMPOTENCY_IN_FLIGHT));
        ck_assert_ok(call.error);
        ck_assert_uint_lt(call.answer.n_bytes, sizeof(answers[i]));
        memcpy(answers[i], call.answer.data, call.answer.n_bytes);
}

TEST(one_key_from_32_threads_is_one_review_and_one_answer) {
        race_run(N_CALLERS, create_until_answered, NULL);
        for (size_t i = 0; i < N_CALLERS; i++)
                ck_assert_mem_eq(answers[i], answers[0], sizeof(answers[0]));
        ck_assert_int_eq(fixture_count(f, "reviews"), 1);
        fixture_assert_books(f);
}

TEST(a_call_whose_key_was_taken_over_writes_nothing) {
        IdempotencyClaim gone = { .id = "00000000-0000-4000-8000-000000000000" };
        const ReviewContent content = { 4, "Title", "Text" };
        Ctx *ctx = fixture_as(test_ctx(), "CUST-1", ROLE_CUSTOMER);
        const Review *review;

        ctx->claim = &gone;
        ck_assert_reason(review_create(&f->reviews, ctx, "PROD-1", NULL, &content, &review),
                         INNER_KEY_TAKEN_OVER);
        ck_assert_int_eq(fixture_count(f, "reviews"), 0);
        ck_assert_int_eq(fixture_count(f, "outbox"), 0);
}

int main(void) {
        Suite *suite = suite_create("review/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
