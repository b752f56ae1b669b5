/* Whose call runs when, with calls that run until the test ends them. */
#include "rpc/admission.h"

#include <pthread.h>

#include "base/clock.h"
#include "support.h"

#define N_WORKERS 16
#define N_OUTER 14 /* all but an eighth */
#define N_METHOD 12 /* three quarters */
#define N_CALLER 3
#define N_CALLER_WAITING 2
#define N_WAITING 20
#define MAX_CALLS 64

typedef enum CallState { CALL_WAITS, CALL_RUNS, CALL_MAY_END, CALL_ENDED } CallState;

typedef struct Call {
        AdmissionCall base; /* first: it is what run is given */
        Ctx ctx;
        const Error *refused;
        bool is_known; /* rpc_admission_run has returned, or the handler has begun */
        CallState state;
} Call;

static Workers *workers;
static Admission *admission;
static Call calls[MAX_CALLS];
static size_t n_calls;
static Caller callers[MAX_CALLS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static const RpcMethod place_method = { .name = "Place" }, read_method = { .name = "Read" },
                       resolve_method = { .name = "Resolve", .inner = true };

static void setup(void) {
        workers = workers_new(N_WORKERS, MAX_CALLS);
        admission = rpc_admission_new(workers, N_WORKERS,
                                      &(AdmissionLimits) { .n_caller_calls = N_CALLER,
                                                          .n_caller_waiting = N_CALLER_WAITING,
                                                          .n_waiting = N_WAITING });
}

static void note(Call *call, CallState state) {
        pthread_mutex_lock(&lock);
        call->state = state;
        call->is_known = true;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
}

static void run(AdmissionCall *admitted) {
        Call *call = (Call *) admitted;

        note(call, CALL_RUNS);
        pthread_mutex_lock(&lock);
        while (call->state != CALL_MAY_END)
                pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
        note(call, CALL_ENDED);
}

static void enter(void *job) {
        Call *call = job;
        const Error *refused = rpc_admission_run(admission, call->ctx.arena, &call->base);

        pthread_mutex_lock(&lock);
        call->refused = refused;
        call->is_known = true;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
}

/* The call has begun, or waits, or was refused when this returns. */
static Call *begin_by(const RpcMethod *method, const Caller *caller) {
        Call *call = &calls[n_calls++];

        call->ctx = ctx_background(test_ctx()->arena);
        call->ctx.caller = caller;
        call->base = (AdmissionCall) { .method = method, .ctx = &call->ctx, .run = run };
        ck_assert(workers_submit(workers, enter, call));
        pthread_mutex_lock(&lock);
        while (!call->is_known)
                pthread_cond_wait(&changed, &lock);
        pthread_mutex_unlock(&lock);
        return call;
}

static Call *begin(const RpcMethod *method, const char *caller_id) {
        Caller *caller = &callers[n_calls];

        *caller = (Caller) { .id = caller_id, .roles = ROLE_CUSTOMER };
        return begin_by(method, caller);
}

static const char *name_of(size_t i) {
        return arena_printf(test_ctx()->arena, "CUST-%zu", i);
}

static CallState state_of(Call *call) {
        pthread_mutex_lock(&lock);
        CallState state = call->state;
        pthread_mutex_unlock(&lock);
        return state;
}

static bool runs(void *call) {
        return state_of(call) == CALL_RUNS;
}

static void finish(Call *call) {
        test_wait_until(runs, call, TEST_WAIT_MS, "a call runs");
        note(call, CALL_MAY_END);
}

/* Also those that begin only when others have ended. */
static void finish_all(void) {
        for (size_t i = 0; i < n_calls; i++)
                if (!calls[i].refused && state_of(&calls[i]) == CALL_RUNS)
                        note(&calls[i], CALL_MAY_END);
        for (size_t i = 0; i < n_calls; i++)
                if (!calls[i].refused && state_of(&calls[i]) < CALL_MAY_END)
                        finish(&calls[i]);
}

static void teardown(void) {
        finish_all();
        workers_free(workers);
        ck_assert_uint_eq(rpc_admission_waiting(admission), 0);
        rpc_admission_free(admission);
        n_calls = 0;
        memset(calls, 0, sizeof(calls));
}

static void begin_n(size_t n, const RpcMethod *method, const char *caller_id) {
        for (size_t i = 0; i < n; i++)
                begin(method, caller_id ? caller_id : name_of(i));
}

TEST(of_one_caller_three_run_two_wait_and_the_next_is_refused) {
        begin_n(N_CALLER, &read_method, "CUST-1");
        ck_assert_int_eq(state_of(&calls[N_CALLER - 1]), CALL_RUNS);
        begin_n(N_CALLER_WAITING, &read_method, "CUST-1");
        ck_assert_uint_eq(rpc_admission_waiting(admission), N_CALLER_WAITING);
        const Error *error = ck_assert_reason(begin(&read_method, "CUST-1")->refused, REASON_TOO_MANY_CALLS);
        ck_assert_int_eq(error->code, ERROR_RESOURCE_EXHAUSTED);
        ck_assert_int_gt(error->retry_after_ms, 0);
        ck_assert_int_eq(state_of(begin(&read_method, "CUST-2")), CALL_RUNS);
}

TEST(who_waits_runs_when_another_of_the_same_caller_has_ended) {
        begin_n(N_CALLER, &read_method, "CUST-1");
        Call *second = begin(&read_method, "CUST-1");
        Call *third = begin(&place_method, "CUST-1");

        ck_assert_int_eq(state_of(second), CALL_WAITS);
        finish(&calls[0]);
        test_wait_until(runs, second, TEST_WAIT_MS, "the first that waits runs");
        ck_assert_int_eq(state_of(third), CALL_WAITS);
}

TEST(one_method_leaves_a_quarter_to_the_others) {
        begin_n(N_METHOD, &place_method, NULL);
        ck_assert_int_eq(state_of(&calls[N_METHOD - 1]), CALL_RUNS);
        ck_assert_int_eq(state_of(begin(&place_method, "CUST-A")), CALL_WAITS);
        ck_assert_int_eq(state_of(begin(&read_method, "CUST-A")), CALL_RUNS);
}

TEST(calls_from_outside_leave_an_eighth_to_those_that_services_wait_for) {
        const Caller gateway = { .id = "CUST-G", .roles = ROLE_CUSTOMER, .service = "gateway" };

        begin_n(N_METHOD, &place_method, NULL);
        begin_n(N_OUTER - N_METHOD, &read_method, NULL);
        ck_assert_int_eq(state_of(&calls[N_OUTER - 1]), CALL_RUNS);
        ck_assert_int_eq(state_of(begin(&read_method, "CUST-A")), CALL_WAITS);
        ck_assert_int_eq(state_of(begin_by(&read_method, &gateway)), CALL_WAITS);
        ck_assert_int_eq(state_of(begin(&resolve_method, "CUST-A")), CALL_WAITS);
        ck_assert_int_eq(state_of(begin_by(&resolve_method, &gateway)), CALL_RUNS);
}

TEST(what_a_service_calls_for_somebody_is_not_counted_again) {
        const Caller order = { .id = "CUST-1", .roles = ROLE_CUSTOMER, .service = "order" };

        begin_n(N_CALLER, &read_method, "CUST-1");
        ck_assert_int_eq(state_of(begin_by(&read_method, &order)), CALL_RUNS);
}

TEST(nobody_in_particular_has_no_limit_of_his_own) {
        begin_n(N_CALLER + 1, &read_method, "");
        ck_assert_int_eq(state_of(&calls[N_CALLER]), CALL_RUNS);
}

/* Of greedy ones twelve calls run and eight wait; the patient one came last. */
TEST(callers_take_turns) {
        for (size_t i = 0; i < N_METHOD / N_CALLER; i++)
                begin_n(N_CALLER + N_CALLER_WAITING, &place_method, name_of(i));
        Call *patient = begin(&place_method, "CUST-PATIENT");

        ck_assert_int_eq(state_of(patient), CALL_WAITS);
        finish(&calls[0]);
        finish(&calls[1]);
        test_wait_until(runs, patient, TEST_WAIT_MS, "the patient one has its turn");
        ck_assert_uint_eq(rpc_admission_waiting(admission), N_METHOD / N_CALLER * N_CALLER_WAITING - 1);
}

TEST(more_than_may_wait_in_all_are_refused) {
        begin_n(N_METHOD, &place_method, NULL);
        for (size_t i = 0; i < N_WAITING; i++)
                ck_assert_int_eq(state_of(begin(&place_method, arena_printf(test_ctx()->arena, "W-%zu", i))),
                                 CALL_WAITS);
        ck_assert_reason(begin(&place_method, "W-LAST")->refused, REASON_OVERLOADED);
}

TEST(who_has_waited_until_its_deadline_waits_no_longer) {
        begin_n(N_CALLER, &read_method, "CUST-1");
        Call *late = begin(&read_method, "CUST-1"), *patient = begin(&read_method, "CUST-1");

        late->ctx.deadline_us = clock_monotonic_us();
        rpc_admission_end_late(admission);
        test_wait_until(runs, late, TEST_WAIT_MS, "it is told that it is late");
        ck_assert_int_eq(state_of(patient), CALL_WAITS);
        note(late, CALL_MAY_END);
        finish(&calls[0]);
        test_wait_until(runs, patient, TEST_WAIT_MS, "the next one has its turn");
}

int main(void) {
        Suite *suite = suite_create("rpc admission");
        TCase *tests = tcase_create("admission");

        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
