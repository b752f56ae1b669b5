#include "base/ctx.h"

#include "base/clock.h"
#include "support.h"

TEST(a_background_context_has_no_deadline_and_no_caller) {
        Ctx *ctx = test_ctx();

        ck_assert_int_eq(ctx_remaining_ms(ctx), INT64_MAX);
        ck_assert_str_eq(ctx->caller->id, "");
        ck_assert_uint_eq(ctx->caller->roles, 0);
        ck_assert_ok(ctx_check(ctx));
}

TEST(the_actor_is_the_person_then_the_service_then_the_machine) {
        static const Caller person = { .id = "CUST-1", .service = "gateway" };
        static const Caller service = { .id = "order", .roles = ROLE_SERVICE, .service = "order" };
        Ctx *ctx = test_ctx();

        ck_assert_str_eq(ctx_actor(ctx, "warehouse"), "warehouse");
        ctx->caller = &person;
        ck_assert_str_eq(ctx_actor(ctx, "warehouse"), "CUST-1");
        ctx->caller = &service;
        ck_assert_str_eq(ctx_actor(ctx, "warehouse"), "order");
}

TEST(what_comes_afterwards_has_its_own_time_and_nobody_cancels_it) {
        static const atomic_bool is_gone = true;
        Ctx *ctx = test_ctx();

        ctx->cancelled = &is_gone;
        ctx->deadline_us = clock_monotonic_us();
        ck_assert_ptr_nonnull(ctx_check(ctx));
        Ctx afterwards = ctx_afterwards(ctx, 5000);
        ck_assert_ok(ctx_check(&afterwards));
        ck_assert_int_gt(ctx_remaining_ms(&afterwards), 0);
        ck_assert_int_le(ctx_remaining_ms(&afterwards), 5000);
}

TEST(a_call_has_its_own_time_and_not_the_key_of_its_caller) {
        Ctx *ctx = test_ctx();

        ctx->idempotency_key = "a-key-of-16-chars";
        Ctx call = ctx_for_call(ctx, 5000);
        ck_assert_ptr_null(call.idempotency_key);
        ck_assert_int_le(ctx_remaining_ms(&call), 5000);
        ck_assert_ptr_eq(call.caller, ctx->caller);
        ck_assert_str_eq(ctx->idempotency_key, "a-key-of-16-chars");
        ck_assert_int_eq(ctx_remaining_ms(ctx), INT64_MAX);
}

TEST(a_deadline_only_moves_forward) {
        Ctx *ctx = test_ctx();

        ctx_limit(ctx, 5000);
        ctx_limit(ctx, 60000);
        ck_assert_int_le(ctx_remaining_ms(ctx), 5000);
        ck_assert_int_gt(ctx_remaining_ms(ctx), 4000);
        ctx_limit(ctx, 100);
        ck_assert_int_le(ctx_remaining_ms(ctx), 100);
        ck_assert_ok(ctx_check(ctx));
}

TEST(stops_when_the_time_is_over) {
        Ctx *ctx = test_ctx();

        ctx->deadline_us = clock_monotonic_us() - 1;
        ck_assert_int_eq(ctx_remaining_ms(ctx), 0);
        const Error *error = ck_assert_reason(ctx_check(ctx), REASON_DEADLINE_EXCEEDED);
        ck_assert_int_eq(error->code, ERROR_DEADLINE_EXCEEDED);
}

TEST(stops_when_the_caller_is_gone) {
        Ctx *ctx = test_ctx();
        atomic_bool cancelled = false;

        ctx->cancelled = &cancelled;
        ck_assert_ok(ctx_check(ctx));
        cancelled = true;
        ck_assert_int_eq(ck_assert_reason(ctx_check(ctx), REASON_CANCELLED)->code, ERROR_CANCELLED);
}

TEST(knows_the_roles_of_its_caller) {
        Ctx *ctx = test_ctx();
        Caller caller = { .id = "CUST-1", .roles = ROLE_CUSTOMER | ROLE_SERVICE };

        ctx->caller = &caller;
        ck_assert(ctx_has_role(ctx, ROLE_CUSTOMER));
        ck_assert(ctx_has_role(ctx, ROLE_ADMIN | ROLE_SERVICE));
        ck_assert(!ctx_has_role(ctx, ROLE_ADMIN | ROLE_SELLER));
        ck_assert(!ctx_has_role(ctx, 0));
}

TEST(collects_headers_of_the_answer) {
        Ctx *ctx = test_ctx();

        ctx_reply_header(ctx, "idempotent-replayed", "true");
        ctx_reply_header(ctx, "location", "/orders/1");
        ck_assert_str_eq(ctx->reply_headers->name, "location");
        ck_assert_str_eq(ctx->reply_headers->next->value, "true");
        ck_assert_ptr_null(ctx->reply_headers->next->next);
}

int main(void) {
        Suite *suite = suite_create("ctx");
        TCase *tests = tcase_create("ctx");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
