#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "crypt/keyring.h"
#include "customer/v1/customer.rpc.h"
#include "part.h"
#include "rpc/admission.h"
#include "server/server.h"
#include "support.h"

#define N_WORKERS 8

static const char *dsn;
static TestHost host;
static CustomerConfig config;
static Workers *workers;

static const char *write_keys(const char *text) {
        const char *path = arena_printf(test_ctx()->arena, "%s/keys", test_folder());
        FILE *file = fopen(path, "we");

        ck_assert_ptr_nonnull(file);
        fputs(text, file);
        fclose(file);
        ck_assert_int_eq(chmod(path, 0600), 0);
        return path;
}

static void set_up(void) {
        dsn = test_database("customer_server");
        test_host_init(&host);
        workers = workers_new(N_WORKERS, N_WORKERS);
        host.base.admission = rpc_admission_new(workers, N_WORKERS, &(AdmissionLimits) { 0 });
        config = (CustomerConfig) {
                .keys_file = write_keys(crypt_keyring_make(test_ctx()->arena)),
                .n_hashes = 2,
                .n_waiting = 16,
                .key_hours = 720,
        };
}

static void tear_down(void) {
        workers_free(workers);
        rpc_admission_free(host.base.admission);
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

TEST(each_login_leaves_a_line_that_names_no_e_mail) {
        log_init("test", LOG_INFO);
        const char *log = test_stderr_of(log_in_once);

        ck_assert_ptr_nonnull(strstr(log, "\"message\":\"user_login\",\"outcome\":\"success\","
                                          "\"subject\":\"CUST-"));
        ck_assert_ptr_nonnull(strstr(log, "\"message\":\"user_login\",\"outcome\":\"failed\","
                                          "\"subject\":\"\",\"reason\":\"LOGIN_FAILED\""));
        ck_assert_ptr_null(strstr(log, "alex"));
        ck_assert_ptr_null(strstr(log, "password"));
}

TEST(without_its_keys_it_does_not_start) {
        Arena *arena = arena_new();
        const PgPoolConfig database = { .dsn = dsn, .n_connections = 1 };
        AppPart *part;

        config.keys_file = write_keys("");
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
