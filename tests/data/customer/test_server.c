#include <string.h>

#include "base/log.h"
#include "base/metrics.h"
#include "bus.h"
#include "crypt/keyring.h"
#include "customer/v1/customer.rpc.h"
#include "order/v1/order.rpc.h"
#include "part.h"
#include "race.h"
#include "rpc/admission.h"
#include "server/server.h"
#include "support.h"

#define N_WORKERS 8
#define N_CROWD 32

/* Orders of which nobody knows anything. */
static const Error *resolve_holds(OrderService *self, Ctx *ctx, const OrderV1ResolveHoldsRequest *request,
                                  OrderV1ResolveHoldsResponse *response) {
        (void) self;
        response->n_outcomes = request->n_order_ids;
        response->outcomes = ARENA_ARRAY(ctx->arena, OrderV1HoldOutcome, request->n_order_ids);
        for (size_t i = 0; i < request->n_order_ids; i++)
                response->outcomes[i] = ORDER__V1__HOLD_OUTCOME__HOLD_OUTCOME_UNKNOWN;
        return NULL;
}

static OrderService orders = { .resolve_holds = resolve_holds };
static const char *dsn;
static NatsServer *nats;
static Bus *bus;
static TestHost host;
static CustomerConfig config;
static Workers *workers;
static int n_refused;

static void set_up(void) {
        nats = nats_server_new();
        bus = bus_on(nats);
        dsn = test_database("customer_server");
        test_host_init(&host);
        test_host_serve(&host, &order_service_rpc, &orders);
        host.base.bus = bus;
        workers = workers_new(N_WORKERS, N_WORKERS);
        host.base.admission = rpc_admission_new(workers, N_WORKERS, &(AdmissionLimits) { 0 });
        config = (CustomerConfig) {
                .keys_file = test_secret_file("keys", crypt_keyring_make(test_ctx()->arena)),
                .n_hashes = 2,
                .n_waiting = 16,
                .key_hours = 720,
                .sweep_interval_ms = 20,
                .points_hold_ms = 900000,
                .points_interval_ms = 20,
        };
}

static void tear_down(void) {
        workers_free(workers);
        rpc_admission_free(host.base.admission);
        bus_free(bus);
}

static AppPart *start(Arena *arena) {
        AppPart *part = test_part_new(arena, &customer_app_service, &host, dsn, 3, &config);

        ck_assert_ok(app_part_start(part, test_ctx()));
        return part;
}

static void stop(AppPart *part, Arena *arena) {
        app_part_drain(part);
        app_part_stop(part);
        app_part_free(part);
        arena_free(arena);
}

static const char *login(AppPart *part) {
        CustomerService *customers = app_part_implementation(part);
        Arena *arena = test_ctx()->arena;
        CustomerV1RegisterCustomerRequest *made = customer_v1_register_customer_request_new(arena);
        CustomerV1LoginRequest *request = customer_v1_login_request_new(arena);
        CustomerV1LoginResponse *response = customer_v1_login_response_new(arena);

        made->email = request->email = "alex@example.com";
        made->password = request->password = "correct horse";
        made->name = "Alex";
        ck_assert_ok(customers->register_customer(customers, test_ctx(), made,
                                                  customer_v1_register_customer_response_new(arena)));
        ck_assert_ok(customers->login(customers, test_ctx(), request, response));
        return response->tokens->refresh_token;
}

TEST(what_it_kept_is_found_after_a_restart) {
        Arena *arena = arena_new();
        AppPart *part = start(arena);
        CustomerV1RefreshRequest *request = customer_v1_refresh_request_new(test_ctx()->arena);
        CustomerV1RefreshResponse *response = customer_v1_refresh_response_new(test_ctx()->arena);

        request->refresh_token = login(part);
        stop(part, arena);
        arena = arena_new();
        part = start(arena);
        CustomerService *customers = app_part_implementation(part);
        ck_assert_ok(customers->refresh(customers, test_ctx(), request, response));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM signing_keys"), 1);
        stop(part, arena);
}

static void log_in_once(void) {
        Arena *arena = arena_new();
        AppPart *part = start(arena);
        CustomerService *customers = app_part_implementation(part);
        CustomerV1LoginRequest *wrong = customer_v1_login_request_new(test_ctx()->arena);

        login(part);
        wrong->email = "alex@example.com";
        wrong->password = "wrong password";
        ck_assert_ptr_nonnull(customers->login(customers, test_ctx(), wrong,
                                               customer_v1_login_response_new(test_ctx()->arena)));
        stop(part, arena);
}

TEST(each_login_is_a_trace_event_that_names_no_e_mail_and_a_number) {
        log_init("test", LOG_INFO);
        const char *log = test_stderr_of(log_in_once);
        StrBuf metrics = { .arena = test_ctx()->arena };

        ck_assert_ptr_nonnull(strstr(log, "\"event\":\"user_login\",\"status\":\"success\","
                                          "\"subject\":\"CUST-"));
        ck_assert_ptr_nonnull(strstr(log, "\"event\":\"user_login\",\"status\":\"failed\","
                                          "\"subject\":\"\",\"reason\":\"LOGIN_FAILED\""));
        ck_assert_ptr_null(strstr(log, "alex"));
        ck_assert_ptr_null(strstr(log, "password"));
        metrics_write(&metrics);
        const char *page = strbuf_text(&metrics);
        ck_assert_ptr_nonnull(strstr(page, "millrace_customer_logins_total{status=\"success\"} 1"));
        ck_assert_ptr_nonnull(strstr(page, "millrace_customer_logins_total{status=\"failed\"} 1"));
}

static bool has_value(void *query) {
        return test_sql_int64(dsn, query) == 1;
}

TEST(forgets_by_itself_what_is_over) {
        Arena *arena = arena_new();
        AppPart *part = start(arena);

        login(part);
        test_sql(dsn, "UPDATE refresh_families SET expires_at = now() - interval '2 days'");
        test_wait_until(has_value, "SELECT (count(*) = 0)::int FROM refresh_families", TEST_WAIT_MS,
                        "the session is forgotten");
        stop(part, arena);
}

TEST(turns_its_keys_by_itself) {
        Arena *arena = arena_new();
        AppPart *part = start(arena);

        test_sql(dsn, "UPDATE signing_keys SET signs_until = now() + interval '1 hour'");
        test_wait_until(has_value, "SELECT (count(*) = 2)::int FROM signing_keys", TEST_WAIT_MS,
                        "the next key is there");
        stop(part, arena);
}

static const char sql_one_hold[] =
        "INSERT INTO point_accounts (customer_id, remaining) VALUES ('CUST-1', 40);"
        "INSERT INTO point_lots (order_id, customer_id, earned, remaining, expires_at)"
        " VALUES ('ORD-0', 'CUST-1', 100, 40, now() + interval '1 month');"
        "INSERT INTO point_holds (order_id, customer_id, points, status, expires_at)"
        " VALUES ('ORD-1', 'CUST-1', 60, 'HELD', now() - interval '1 second');"
        "INSERT INTO point_hold_lots (order_id, lot_id, points) VALUES ('ORD-1', 'ORD-0', 60)";

TEST(gives_back_by_itself_what_nobodys_order_holds_and_ends_lots_whose_time_is_over) {
        Arena *arena = arena_new();
        AppPart *part = start(arena);

        test_sql(dsn, sql_one_hold);
        test_wait_until(has_value, "SELECT (remaining = 100)::int FROM point_lots", TEST_WAIT_MS,
                        "the hold is given back");
        test_sql(dsn, "UPDATE point_lots SET expires_at = now()");
        test_wait_until(has_value, "SELECT (remaining = 0)::int FROM point_accounts", TEST_WAIT_MS,
                        "the lot has ended");
        test_sql(dsn, "UPDATE point_holds SET updated_at = now() - interval '25 hours'");
        test_wait_until(has_value, "SELECT (count(*) = 0)::int FROM point_holds", TEST_WAIT_MS,
                        "the hold is forgotten");
        stop(part, arena);
}

TEST(uses_the_points_of_a_confirmed_order_when_the_stream_says_so) {
        Arena *arena = arena_new();
        AppPart *part = start(arena);

        test_sql(dsn, sql_one_hold);
        test_sql(dsn, "UPDATE point_holds SET expires_at = now() + interval '1 hour'");
        test_wait_until(bus_is_up, bus, TEST_WAIT_MS, "the bus is ready");
        bus_tell_of_order(bus, "order.created", 1, "");
        bus_tell_of_order(bus, "order.confirmed", 2, "");
        test_wait_until(has_value, "SELECT (status = 'COMMITTED')::int FROM point_holds", TEST_WAIT_MS,
                        "the points are used");
        stop(part, arena);
}

static void count_refused(Ctx *ctx, void *customers, size_t i) {
        CustomerV1LoginRequest *request = customer_v1_login_request_new(ctx->arena);

        request->email = arena_printf(ctx->arena, "nobody-%zu@example.com", i);
        request->password = "correct horse";
        const Error *error = ((CustomerService *) customers)->login(
                customers, ctx, request, customer_v1_login_response_new(ctx->arena));
        __atomic_add_fetch(&n_refused, error_is(error, REASON_OVERLOADED), __ATOMIC_RELAXED);
}

/* The settings would let all of them wait. */
TEST(a_crowd_of_logins_leaves_most_of_the_workers_to_others) {
        Arena *arena = arena_new();

        config.n_hashes = 1;
        config.n_waiting = N_CROWD;
        AppPart *part = start(arena);
        race_run(N_CROWD, count_refused, app_part_implementation(part));
        ck_assert_int_gt(n_refused, 0);
        stop(part, arena);
}

TEST(without_its_keys_it_does_not_start) {
        Arena *arena = arena_new();
        const PgPoolConfig database = { .dsn = dsn, .n_connections = 1 };
        AppPart *part;

        config.keys_file = test_secret_file("keys", "");
        const Error *error =
                app_part_new(arena, &customer_app_service, &host.base, &database, &config, &part);
        ck_assert(error && strstr(error->message, "is empty"));
        arena_free(arena);
}

int main(void) {
        Suite *suite = suite_create("customer/server");
        TCase *tests = tcase_create("server");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
