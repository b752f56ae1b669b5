/* Who waits for the first call with its key: calls that come to what the test says. */
#include "rpc/parking.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/idempotency.h"
#include "support.h"

#define N_WORKERS 8
#define N_TOLD 200
#define MAX_CALLS (N_TOLD + 1)
static_assert(MAX_CALLS > PARKING_PLACES, "one more than may wait");
#define KEY "0123456789abcdef"

typedef struct Call {
        AdmissionCall base; /* first: it is what run is given */
        Ctx ctx;
        Caller caller;
        int n_runs;
        bool is_answered;
        const Error *error; /* its answer */
} Call;

static Workers *workers;
static Admission *admission;
static Call calls[MAX_CALLS];
static size_t n_calls;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_first_under_way; /* of every key */

static const RpcMethod place_method = { .name = "Place" }, cancel_method = { .name = "Cancel" };

static void setup(void) {
        workers = workers_new(N_WORKERS, MAX_CALLS);
        admission = rpc_admission_new(workers, N_WORKERS, &(AdmissionLimits) { .n_waiting = MAX_CALLS });
        memset(calls, 0, sizeof(calls));
        n_calls = 0;
        is_first_under_way = true;
}

static void teardown(void) {
        rpc_admission_close(admission);
        workers_free(workers);
        rpc_admission_free(admission);
}

static void run(AdmissionCall *admitted) {
        Call *call = (Call *) admitted;

        pthread_mutex_lock(&lock);
        call->n_runs++;
        const Error *error = is_first_under_way ? idempotency_in_flight(&call->ctx) : NULL;
        if (!rpc_admission_parks(admitted, error)) {
                call->is_answered = true;
                call->error = error;
        }
        pthread_mutex_unlock(&lock);
}

static void enter(void *job) {
        Call *call = job;

        ck_assert_ok(rpc_admission_run(admission, call->ctx.arena, &call->base));
}

static int runs_of(const Call *call) {
        pthread_mutex_lock(&lock);
        int n_runs = call->n_runs;
        pthread_mutex_unlock(&lock);
        return n_runs;
}

static bool has_run(void *arg) {
        return runs_of(arg) > 0;
}

static bool is_answered(void *arg) {
        pthread_mutex_lock(&lock);
        bool is = ((Call *) arg)->is_answered;
        pthread_mutex_unlock(&lock);
        return is;
}

static void wait_for_answer(Call *call) {
        test_wait_until(is_answered, call, TEST_WAIT_MS, "the call is answered");
}

static Call *new_call(const char *caller, const char *key) {
        Call *call = &calls[n_calls++];

        call->caller = (Caller) { .id = caller, .roles = ROLE_CUSTOMER };
        call->ctx = ctx_background(test_ctx()->arena);
        call->ctx.caller = &call->caller;
        call->ctx.idempotency_key = key;
        call->base = (AdmissionCall) { .method = &place_method, .ctx = &call->ctx, .run = run };
        return call;
}

/* The call waits, or is answered, when this returns. */
static void begin(Call *call) {
        ck_assert(workers_submit(workers, enter, call));
        test_wait_until(has_run, call, TEST_WAIT_MS, "the call has run");
}

static Call *begin_with(const char *caller, const char *key) {
        Call *call = new_call(caller, key);

        begin(call);
        return call;
}

static void set_first_under_way(bool is_under_way) {
        pthread_mutex_lock(&lock);
        is_first_under_way = is_under_way;
        pthread_mutex_unlock(&lock);
}

/* The calls that a test has made so far, and that wait. */
static size_t n_waiting(void) {
        size_t n = 0;

        for (size_t i = 0; i < n_calls; i++)
                n += !is_answered(&calls[i]);
        return n;
}

static bool all_idle(void *arg) {
        (void) arg;
        return workers_idle(workers) == N_WORKERS;
}

TEST(one_call_waits_for_a_key_and_the_next_is_told_at_once) {
        Call *second = begin_with("CUST-1", KEY), *third = begin_with("CUST-1", KEY);

        ck_assert(!is_answered(second));
        ck_assert(is_answered(third));
        ck_assert_reason(third->error, REASON_IDEMPOTENCY_IN_FLIGHT);
        set_first_under_way(false);
        wait_for_answer(second);
        ck_assert_ok(second->error);
}

/* By itself it looks once a second. */
TEST(those_who_are_told_at_once_do_not_wake_who_waits) {
        Call *second = begin_with("CUST-1", KEY);

        for (size_t i = 0; i < N_TOLD; i++)
                ck_assert_reason(begin_with("CUST-1", KEY)->error, REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_int_lt(runs_of(second), N_TOLD / 2);
}

/* The place of the one before is free again. */
TEST(the_next_waits_when_the_one_before_has_its_answer) {
        Call *second = begin_with("CUST-1", KEY);

        set_first_under_way(false);
        wait_for_answer(second);
        set_first_under_way(true);
        ck_assert(!is_answered(begin_with("CUST-1", KEY)));
}

TEST(keys_are_of_one_caller_and_one_method) {
        begin_with("CUST-1", KEY);
        begin_with("CUST-2", KEY);
        begin_with("CUST-1", "another key of his");
        Call *cancel = new_call("CUST-1", KEY);
        cancel->base.method = &cancel_method;
        begin(cancel);
        ck_assert_uint_eq(n_waiting(), 4);
}

/* Also more than there are workers. */
TEST(those_who_wait_hold_no_worker_and_are_so_many) {
        for (size_t i = 0; i < PARKING_PLACES; i++)
                begin_with(arena_printf(test_ctx()->arena, "CUST-%zu", i), KEY);
        test_wait_until(all_idle, NULL, TEST_WAIT_MS, "every worker is idle");
        ck_assert_uint_eq(n_waiting(), PARKING_PLACES);
        ck_assert_reason(begin_with("CUST-LAST", KEY)->error, REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_uint_eq(n_waiting(), PARKING_PLACES);
}

static int n_runs_before;

static bool looked_again(void *arg) {
        return runs_of(arg) > n_runs_before;
}

/* The first call is another process's: nothing here says when it ends. */
TEST(who_waits_looks_again_by_itself) {
        Call *second = begin_with("CUST-1", KEY);

        n_runs_before = 1;
        test_wait_until(looked_again, second, TEST_WAIT_MS, "it looks again");
        set_first_under_way(false);
        wait_for_answer(second);
}

static void another_call_of_its_key_ends(const Call *call) {
        AdmissionCall other = call->base;

        ck_assert(!rpc_admission_parks(&other, NULL));
}

/* By themselves so many looks would take minutes. */
TEST(the_end_of_a_call_with_the_key_wakes_who_waits) {
        Call *second = begin_with("CUST-1", KEY);

        for (n_runs_before = 1; n_runs_before < 300; n_runs_before++) {
                another_call_of_its_key_ends(second);
                test_wait_until(looked_again, second, TEST_WAIT_MS, "it looks again");
        }
}

TEST(who_has_little_time_left_is_told) {
        Call *second = new_call("CUST-1", KEY);

        ctx_limit(&second->ctx, 500);
        begin(second);
        wait_for_answer(second);
        ck_assert_reason(second->error, REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_int_gt(runs_of(second), 1);
        ck_assert_int_gt(ctx_remaining_ms(&second->ctx), 0);
}

TEST(what_a_service_calls_waits_where_it_came_in) {
        Call *inner = new_call("CUST-1", KEY);

        inner->caller.service = "gateway";
        begin(inner);
        ck_assert_reason(inner->error, REASON_IDEMPOTENCY_IN_FLIGHT);
}

TEST(at_the_end_all_are_told) {
        Call *second = begin_with("CUST-1", KEY);

        rpc_admission_close(admission);
        wait_for_answer(second);
        ck_assert_reason(second->error, REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_reason(begin_with("CUST-2", KEY)->error, REASON_IDEMPOTENCY_IN_FLIGHT);
}

int main(void) {
        Suite *suite = suite_create("rpc parking");
        TCase *tests = tcase_create("parking");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
