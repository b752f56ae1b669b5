/* A bulkhead, and what counts for a method's breaker. */
#include "base/callee.h"

#include <pthread.h>

#include "support.h"

#define N_CALLS 2
#define N_FAILURES 5

static Callee *callee;
static CalleeMethod *method, *other;
static int n_events[CALLEE_REFUSED + 1];

static void hear(const char *name, const char *method_name, CalleeEvent event) {
        ck_assert_str_eq(name, "payment");
        ck_assert_str_eq(method_name, "Process");
        n_events[event]++;
}

static void set_up_with(int64_t wait_ms, int64_t trial_ms) {
        callee_init(&(CalleeLimits) { .n_calls = N_CALLS,
                                      .wait_ms = wait_ms,
                                      .breaker = { .n_failures = N_FAILURES,
                                                   .window_ms = 3600000,
                                                   .trial_ms = trial_ms } },
                    hear);
        callee = callee_new(test_ctx()->arena, "payment");
        method = callee_method_new(test_ctx()->arena, callee, "Process");
        other = callee_method_new(test_ctx()->arena, callee, "Validate");
}

static void setup(void) {
        set_up_with(0, 3600000);
}

static const Error *failure(ErrorCode code) {
        return error_new(test_ctx()->arena, code, "ANY", "It failed");
}

/* True when the call was let through. */
static bool call_that_gets(const Error *error) {
        CalleeCall call;
        const Error *refused = callee_begin(method, test_ctx(), &call);

        if (refused) {
                ck_assert_reason(refused, REASON_UNAVAILABLE);
                ck_assert_int_gt(refused->retry_after_ms, 0);
                return false;
        }
        callee_end(&call, error);
        return true;
}

static void fail_times(int n, ErrorCode code) {
        for (int i = 0; i < n; i++)
                ck_assert(call_that_gets(failure(code)));
}

TEST(the_fifth_failure_opens_the_breaker) {
        fail_times(N_FAILURES - 1, ERROR_UNAVAILABLE);
        fail_times(1, ERROR_DEADLINE_EXCEEDED);
        ck_assert(!call_that_gets(NULL));
}

TEST(what_a_service_refuses_is_no_failure) {
        fail_times(3 * N_FAILURES, ERROR_FAILED_PRECONDITION);
        fail_times(3 * N_FAILURES, ERROR_RESOURCE_EXHAUSTED);
        ck_assert(call_that_gets(NULL));
}

TEST(other_methods_go_on) {
        CalleeCall call;

        fail_times(N_FAILURES, ERROR_UNAVAILABLE);
        ck_assert_ok(callee_begin(other, test_ctx(), &call));
        callee_end(&call, NULL);
}

TEST(a_trial_that_finds_no_place_is_made_later) {
        CalleeCall calls[N_CALLS];

        set_up_with(0, 0);
        ck_assert_ok(callee_begin(other, test_ctx(), &calls[0]));
        fail_times(N_FAILURES, ERROR_UNAVAILABLE);
        ck_assert_ok(callee_begin(other, test_ctx(), &calls[1]));
        ck_assert(!call_that_gets(NULL));
        callee_end(&calls[0], NULL);
        ck_assert(call_that_gets(NULL));
        callee_end(&calls[1], NULL);
        ck_assert_int_eq(n_events[CALLEE_OPENED], 1);
        ck_assert_int_eq(n_events[CALLEE_REFUSED], 1);
        ck_assert_int_eq(n_events[CALLEE_CLOSED], 1);
}

TEST(as_many_calls_as_allowed_are_in_flight) {
        CalleeCall calls[N_CALLS + 1];

        ck_assert_ok(callee_begin(method, test_ctx(), &calls[0]));
        ck_assert_ok(callee_begin(other, test_ctx(), &calls[1]));
        const Error *error =
                ck_assert_reason(callee_begin(method, test_ctx(), &calls[2]), REASON_UNAVAILABLE);
        ck_assert_int_gt(error->retry_after_ms, 0);
        callee_end(&calls[1], NULL);
        ck_assert_ok(callee_begin(method, test_ctx(), &calls[1]));
        callee_end(&calls[1], NULL);
        callee_end(&calls[0], NULL);
}

static void *end_call(void *call) {
        callee_end(call, NULL);
        return NULL;
}

TEST(a_call_waits_for_a_place) {
        CalleeCall calls[N_CALLS + 1];
        pthread_t ender;

        set_up_with(10000, 3600000);
        ck_assert_ok(callee_begin(method, test_ctx(), &calls[0]));
        ck_assert_ok(callee_begin(method, test_ctx(), &calls[1]));
        pthread_create(&ender, NULL, end_call, &calls[1]);
        ck_assert_ok(callee_begin(method, test_ctx(), &calls[2]));
        pthread_join(ender, NULL);
        callee_end(&calls[2], NULL);
        callee_end(&calls[0], NULL);
}

TEST(who_waits_for_a_place_does_so_within_its_own_time) {
        CalleeCall calls[N_CALLS + 1];
        Ctx ctx = *test_ctx();

        set_up_with(3600000, 3600000);
        ck_assert_ok(callee_begin(method, &ctx, &calls[0]));
        ck_assert_ok(callee_begin(method, &ctx, &calls[1]));
        ctx_limit(&ctx, 1);
        ck_assert_reason(callee_begin(method, &ctx, &calls[2]), REASON_UNAVAILABLE);
        callee_end(&calls[0], NULL);
        callee_end(&calls[1], NULL);
}

int main(void) {
        Suite *suite = suite_create("base callee");
        TCase *tests = tcase_create("callee");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
