#include "pg/idempotency.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "fixture.h"

#define KEY "0123456789abcdef"
#define METHOD "/coupon.v1.CouponService/MakeCoupon"
#define N_OLD 2500
#define SWEEP 1000

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("idempotency", 4, &dsn);
        test_sql(dsn, "CREATE TABLE coupons (id text)");
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static Bytes bytes(const char *text) {
        return (Bytes) { (const uint8_t *) text, strlen(text) };
}

/* A call with the key: by whom, for what, with which request, and what became of its claim. */
typedef struct Call {
        Ctx *ctx;
        const char *method;
        Bytes request;
        const Error *error;
        bool is_replay;
        IdempotencyAnswer answer;
} Call;

static Call call_of(const char *caller_id) {
        Ctx *ctx = test_ctx();
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = caller_id, .roles = ROLE_CUSTOMER };
        ctx->caller = caller;
        ctx->idempotency_key = KEY;
        return (Call) { .ctx = ctx, .method = METHOD, .request = bytes("request") };
}

static void try_claim(Call *call) {
        call->error = pg_idempotency_claim(pool, call->ctx, call->method, call->request,
                                           &call->is_replay, &call->answer);
}

static void claim(Call *call) {
        try_claim(call);
        ck_assert_ok(call->error);
}

/* One whose claim this is now. */
static Call new_claim(void) {
        Call call = call_of("CUST-1");

        claim(&call);
        ck_assert(!call.is_replay);
        ck_assert_ptr_nonnull(call.ctx->claim);
        return call;
}

static const PgStatement sql_coupon = PG_WRITE_ROWS("INSERT INTO coupons SELECT * FROM unnest($1) AS n (id)");

static const Error *make_coupon(const Call *call, const char *id, Bytes answer) {
        PgBatch *batch = pg_batch_new(pool, call->ctx);

        pg_batch_add(batch, &sql_coupon, PG_ARGS(pg_text(id)));
        pg_idempotency_answer(batch, answer);
        return pg_batch_run_shared(batch);
}

static const Error *end(const Call *call, const Error *error) {
        return pg_idempotency_end(pool, call->ctx, bytes("answer"), error);
}

static const Error *refused(const Call *call) {
        return error_new(call->ctx->arena, ERROR_FAILED_PRECONDITION, "REFUSED", "No");
}

static void assert_coupons(const char *expected) {
        ck_assert_str_eq(test_sql_text(dsn, "SELECT coalesce(string_agg(id, ' '), '') FROM coupons"),
                         expected);
}

/* As when the process of whoever has the claim died long ago. */
static void end_leases(void) {
        test_sql(dsn, "UPDATE idempotency_keys SET lease_until = now() - interval '1 ms'");
}

static void assert_replays(Bytes answer) {
        Call call = call_of("CUST-1");

        claim(&call);
        ck_assert(call.is_replay);
        ck_assert(!call.answer.is_json);
        ck_assert_uint_eq(call.answer.bytes.n_bytes, answer.n_bytes);
        ck_assert_mem_eq(call.answer.bytes.data, answer.data, answer.n_bytes);
}

TEST(an_answer_is_replayed_to_the_byte) {
        static const uint8_t answer[] = { 0, 255, 0, '\\', '{', 128, 10 };
        Call call = new_claim();

        ck_assert_ok(make_coupon(&call, "A", (Bytes) { answer, sizeof(answer) }));
        ck_assert_ok(end(&call, NULL));
        assert_replays((Bytes) { answer, sizeof(answer) });
        assert_replays((Bytes) { answer, sizeof(answer) });
}

TEST(an_answer_of_no_bytes_is_one) {
        Call call = new_claim();

        ck_assert_ok(pg_idempotency_end(pool, call.ctx, bytes(""), NULL));
        assert_replays(bytes(""));
}

TEST(effects_and_answer_are_one_transaction) {
        Call call = new_claim();

        ck_assert_ok(make_coupon(&call, "A", bytes("answer")));
        /* Its process dies here, before it has ended the call. */
        end_leases();
        assert_replays(bytes("answer"));
        assert_coupons("A");
}

TEST(what_no_batch_has_answered_is_answered_behind_the_call) {
        Call call = new_claim();

        ck_assert_ok(end(&call, NULL));
        assert_replays(bytes("answer"));
}

TEST(sql_makes_the_answer_that_only_it_knows) {
        static const PgStatement sql = PG_WRITE("SELECT keep_answer($1, json_build_object('count', 1 + 1))");
        Call call = new_claim(), again = call_of("CUST-1");
        PgBatch *batch = pg_batch_new(pool, call.ctx);

        pg_batch_add(batch, &sql, PG_ARGS(pg_idempotency_answered_by_sql(batch)));
        ck_assert_ok(pg_batch_run(batch));
        ck_assert_ok(end(&call, NULL));
        claim(&again);
        ck_assert(again.is_replay && again.answer.is_json);
        ck_assert_uint_eq(again.answer.bytes.n_bytes, strlen("{\"count\" : 2}"));
        ck_assert_mem_eq(again.answer.bytes.data, "{\"count\" : 2}", again.answer.bytes.n_bytes);
}

TEST(without_a_claim_there_is_nothing_to_answer) {
        static const PgStatement sql = PG_WRITE("SELECT keep_answer($1, '{}')");
        Call call = call_of("CUST-1");
        PgBatch *batch = pg_batch_new(pool, call.ctx);

        pg_batch_add(batch, &sql, PG_ARGS(pg_idempotency_answered_by_sql(batch)));
        pg_idempotency_answer(batch, bytes("answer"));
        ck_assert_ok(pg_batch_run(batch));
        ck_assert_ok(end(&call, NULL));
        ck_assert_reason(end(&call, refused(&call)), "REFUSED");
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM idempotency_keys"), 0);
}

TEST(another_request_is_refused_before_and_after_the_answer) {
        Call call = new_claim(), other = call_of("CUST-1");

        other.request = bytes("another");
        try_claim(&other);
        ck_assert_reason(other.error, REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_ok(end(&call, NULL));
        try_claim(&other);
        ck_assert_reason(other.error, REASON_IDEMPOTENCY_KEY_REUSED);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM idempotency_keys"
                                             " WHERE request_hash = sha256('request')"),
                         1);
}

TEST(a_dead_calls_key_is_not_for_another_request) {
        Call other = call_of("CUST-1");

        new_claim();
        end_leases();
        other.request = bytes("another");
        try_claim(&other);
        ck_assert_reason(other.error, REASON_IDEMPOTENCY_KEY_REUSED);
}

TEST(callers_and_methods_have_keys_of_their_own) {
        Call first = new_claim(), other = call_of("CUST-2"), method = call_of("CUST-1");

        ck_assert_ok(end(&first, NULL));
        other.request = bytes("another");
        claim(&other);
        ck_assert(!other.is_replay);
        method.method = "/coupon.v1.CouponService/UseCoupon";
        claim(&method);
        ck_assert(!method.is_replay);
        assert_replays(bytes("answer"));
}

TEST(a_call_under_way_is_said_at_once_and_has_the_key) {
        Call first = new_claim(), second = call_of("CUST-1");

        try_claim(&second);
        ck_assert_int_gt(ck_assert_reason(second.error, REASON_IDEMPOTENCY_IN_FLIGHT)->retry_after_ms, 0);
        ck_assert_ptr_null(second.ctx->claim);
        ck_assert_ok(end(&first, NULL));
        assert_replays(bytes("answer"));
}

TEST(who_comes_after_a_call_that_was_refused_has_the_key) {
        Call first = new_claim(), second = call_of("CUST-1");

        try_claim(&second);
        ck_assert_reason(second.error, REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_reason(end(&first, refused(&first)), "REFUSED");
        claim(&second);
        ck_assert(!second.is_replay);
        ck_assert_ok(make_coupon(&second, "B", bytes("answer")));
}

TEST(after_a_lease_the_next_call_has_the_key_and_the_late_one_writes_nothing) {
        Call late = new_claim();

        end_leases();
        Call next = new_claim();
        ck_assert_reason(make_coupon(&late, "LATE", bytes("late")), INNER_KEY_TAKEN_OVER);
        ck_assert_ok(make_coupon(&next, "NEXT", bytes("next")));
        ck_assert_reason(make_coupon(&late, "LATE", bytes("late")), INNER_KEY_TAKEN_OVER);
        assert_coupons("NEXT");
        assert_replays(bytes("next"));
}

TEST(a_late_call_is_told_that_another_is_under_way_and_takes_nothing_from_it) {
        Call late = new_claim();

        end_leases();
        Call next = new_claim();
        const Error *error = end(&late, make_coupon(&late, "LATE", bytes("late")));
        ck_assert_int_gt(ck_assert_reason(error, REASON_IDEMPOTENCY_IN_FLIGHT)->retry_after_ms, 0);
        ck_assert_reason(end(&late, refused(&late)), "REFUSED");
        ck_assert_ok(make_coupon(&next, "NEXT", bytes("next")));
        assert_coupons("NEXT");
}

TEST(an_answer_behind_a_late_call_is_not_kept) {
        Call late = new_claim();

        end_leases();
        Call next = new_claim();
        ck_assert_reason(end(&late, NULL), REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_ok(make_coupon(&next, "NEXT", bytes("next")));
        assert_replays(bytes("next"));
}

/* A key that begins anew, even with another request, is not that of the call before. */
TEST(what_was_let_go_cannot_be_answered_any_more) {
        Call refused_call = new_claim(), other = call_of("CUST-1");

        ck_assert_reason(end(&refused_call, refused(&refused_call)), "REFUSED");
        ck_assert_reason(make_coupon(&refused_call, "LATE", bytes("late")), INNER_KEY_TAKEN_OVER);
        other.request = bytes("another");
        claim(&other);
        ck_assert(!other.is_replay);
        ck_assert_reason(make_coupon(&refused_call, "LATE", bytes("late")), INNER_KEY_TAKEN_OVER);
        assert_coupons("");
}

TEST(an_answer_that_was_written_after_all_stays) {
        Call call = new_claim();

        ck_assert_ok(make_coupon(&call, "A", bytes("answer")));
        const Error *uncertain =
                error_new(call.ctx->arena, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, "Lost");
        ck_assert_reason(end(&call, uncertain), REASON_WRITE_UNCERTAIN);
        assert_replays(bytes("answer"));
}

static void let_the_caller_leave(const Call *call) {
        static const atomic_bool is_gone = true;

        call->ctx->cancelled = &is_gone;
}

TEST(a_call_whose_caller_left_lets_its_key_go) {
        Call call = new_claim();

        let_the_caller_leave(&call);
        ck_assert_reason(end(&call, make_coupon(&call, "A", bytes("answer"))), REASON_CANCELLED);
        Call next = new_claim();
        ck_assert_ok(make_coupon(&next, "NEXT", bytes("next")));
        assert_coupons("NEXT");
}

TEST(what_is_done_is_answered_although_its_caller_left_or_its_time_is_over) {
        Call left = new_claim();

        let_the_caller_leave(&left);
        left.ctx->deadline_us = clock_monotonic_us();
        ck_assert_ok(end(&left, NULL));
        assert_replays(bytes("answer"));
}

/* The caller hears what was done, and the next call with the key does it again. */
TEST(what_is_done_is_answered_although_its_answer_cannot_be_kept) {
        Call call = new_claim();

        test_sql(dsn, "ALTER TABLE idempotency_keys ADD CHECK (answer IS NULL)");
        ck_assert_ok(end(&call, NULL));
        new_claim();
}

/* No error is an answer: neither one that passes nor one that is the caller's own. */
TEST(after_an_error_of_any_kind_the_key_begins_anew) {
        for (ErrorCode code = ERROR_CANCELLED; code <= ERROR_UNAUTHENTICATED; code++) {
                Call call = new_claim();

                ck_assert_ptr_nonnull(end(&call, error_new(call.ctx->arena, code, "REASON", "No")));
                ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM idempotency_keys"), 0);
        }
}

static bool lease_is_within(int64_t least_ms, int64_t most_ms) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena,
                                                "SELECT count(*) FROM idempotency_keys"
                                                " WHERE lease_until - created_at > %lld * interval '1 ms'"
                                                "   AND lease_until - created_at <= %lld * interval '1 ms'",
                                                (long long) least_ms, (long long) most_ms)) == 1;
}

TEST(a_lease_lasts_as_long_as_the_call_may) {
        Call call = call_of("CUST-1");

        ctx_limit(call.ctx, 40000);
        claim(&call);
        ck_assert(lease_is_within(1, 40000));
        ck_assert_reason(end(&call, refused(&call)), "REFUSED");
        call.ctx->deadline_us = CTX_NO_DEADLINE;
        claim(&call);
        ck_assert(lease_is_within(IDEMPOTENCY_LEASE_MAX_MS - 1, IDEMPOTENCY_LEASE_MAX_MS));
}

/* As one that was written before the clock stepped back by a day. */
TEST(a_lease_that_cannot_be_is_over) {
        new_claim();
        test_sql(dsn, "UPDATE idempotency_keys SET lease_until = now() + interval '1 day'");
        new_claim();
}

TEST(keys_are_forgotten_after_a_day_in_batches) {
        Call call = new_claim();
        size_t n;

        ck_assert_ok(end(&call, NULL));
        test_sql(dsn, "UPDATE idempotency_keys SET created_at = now() - interval '23 hours 59 minutes'");
        test_sql(dsn, arena_printf(test_ctx()->arena,
                                   "INSERT INTO idempotency_keys (caller, method, key, request_hash, claim,"
                                   "                              lease_until, answer, created_at)"
                                   " SELECT 'C', 'M', n, '', gen_random_uuid(), now(), '',"
                                   "        now() - interval '24 hours'"
                                   "   FROM generate_series(1, %d) n",
                                   N_OLD));
        test_sql(dsn, "INSERT INTO idempotency_keys (caller, method, key, request_hash, claim, lease_until,"
                      "                              created_at)"
                      " VALUES ('C', 'M', 'under way', '', gen_random_uuid(), now() + interval '30 seconds',"
                      "         now() - interval '24 hours')");
        for (int left = N_OLD; left > 0; left -= SWEEP) {
                ck_assert_ok(pg_idempotency_sweep(pool, test_ctx(), SWEEP, &n));
                ck_assert_uint_eq(n, left < SWEEP ? left : SWEEP);
        }
        ck_assert_ok(pg_idempotency_sweep(pool, test_ctx(), SWEEP, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM idempotency_keys"), 2);
        assert_replays(bytes("answer"));
        end_leases();
        ck_assert_ok(pg_idempotency_sweep(pool, test_ctx(), SWEEP, &n));
        ck_assert_uint_eq(n, 1);
}

static TCase *answers(void) {
        TCase *tests = tcase_create("answers");

        test_add(tests);
        return tests;
}

static TCase *claims(void) {
        TCase *tests = tcase_create("claims");

        return tests;
}

int main(void) {
        Suite *suite = suite_create("pg/idempotency");
        TCase *cases[] = { answers(), claims() };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                tcase_add_checked_fixture(cases[i], set_up, tear_down);
                tcase_set_timeout(cases[i], 60);
                suite_add_tcase(suite, cases[i]);
        }
        return test_main(suite);
}
