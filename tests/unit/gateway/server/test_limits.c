#include "server_fixture.h"

static TestList untrusted_tests;

/* They count down while the test runs. */
static void assert_seconds(const HttpReply *reply, const char *name, int least, int most) {
        int seconds = atoi(http_reply_header(reply, name));

        ck_assert_int_ge(seconds, least);
        ck_assert_int_le(seconds, most);
}

TEST(limits_each_customer_and_each_address) {
        for (int i = 2; i >= 0; i--) {
                HttpReply reply = ask("GET /api/v1/orders");

                ck_assert_int_eq(reply.status, 200);
                ck_assert_str_eq(http_reply_header(&reply, "RateLimit-Remaining"),
                                 arena_printf(arena, "%d", i));
        }
        orders.n_calls = 0;
        HttpReply reply = ask("GET /api/v1/orders");
        assert_refused(reply, 429, "RATE_LIMITED", "3 requests a minute");
        ck_assert_str_eq(http_reply_header(&reply, "RateLimit-Limit"), "3");
        ck_assert_str_eq(http_reply_header(&reply, "RateLimit-Remaining"), "0");
        assert_seconds(&reply, "Retry-After", 1, 20);
        ck_assert_str_eq(http_reply_header(&reply, "RateLimit-Reset"),
                         http_reply_header(&reply, "Retry-After"));
        ck_assert_int_eq(ask_as(token_of("CUST-2", ROLE_CUSTOMER), "GET /api/v1/orders", "", NULL).status,
                         200);
        orders.n_calls = 0;
        for (int i = 0; i < 3; i++)
                assert_refused(ask_as("garbage", "GET /api/v1/orders", "", NULL), 401, "UNAUTHENTICATED", "");
        assert_refused(ask_as("garbage", "GET /api/v1/orders", "", NULL), 429, "RATE_LIMITED", "");
        assert_refused(ask_as(NULL, "GET /api/v1/nothing", "", NULL), 429, "RATE_LIMITED", "");
        ck_assert_int_eq(ask_as(NULL, "GET /health/live", "", NULL).status, 200);
}

static int status_with(const char *token) {
        return ask_as(token, "GET /api/v1/orders", "", NULL).status;
}

TEST(counts_a_token_that_it_has_to_verify_by_its_address_first) {
        const char *known = token_of("CUST-1", ROLE_CUSTOMER), *fresh = token_of("CUST-2", ROLE_CUSTOMER);

        ck_assert_int_eq(status_with(known), 200);
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(status_with("forged"), 401);
        ck_assert_int_eq(status_with(fresh), 429);
        ck_assert_int_eq(status_with(known), 200);
}

TEST(a_token_that_turns_out_good_costs_its_address_nothing) {
        for (int i = 0; i < 4; i++)
                ck_assert_int_eq(
                        status_with(token_of(arena_printf(arena, "CUST-%d", i), ROLE_CUSTOMER)), 200);
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(status_with("forged"), 401);
        ck_assert_int_eq(status_with("forged"), 429);
}

TEST(a_customer_who_is_called_like_an_address_is_not_that_address) {
        const char *token = token_of("127.0.0.1", ROLE_CUSTOMER);

        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(status_with(token), 200);
        ck_assert_int_eq(status_with(token), 429);
        ck_assert_int_eq(status_with(NULL), 401);
}

static int login_of(const char *customer) {
        static const char body[] = "{\"email\":\"a@b.c\",\"password\":\"wrong one\"}";

        return ask_as(token_of(customer, ROLE_CUSTOMER), "POST /api/v1/auth/login",
                      "Content-Type: application/json\r\n", body)
                .status;
}

TEST(who_has_many_accounts_has_no_more_logins) {
        const char *known = token_of("CUST-9", ROLE_CUSTOMER);

        ck_assert_int_eq(status_with(known), 200);
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(login_of(arena_printf(arena, "CUST-%d", i)), 401);
        ck_assert_int_eq(login_of("CUST-9"), 429);
        ck_assert_int_eq(status_with(known), 200);
}

/* ---- behind a proxy ---- */

static int status_through_proxy(const char *forwarded) {
        const char *headers = arena_printf(arena, "X-Forwarded-For: %s\r\n", forwarded);

        return ask_as(NULL, "GET /api/v1/nothing", headers, NULL).status;
}

TEST(whom_a_trusted_proxy_names_has_a_bucket_of_his_own) {
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(status_through_proxy("192.0.2.1"), 404);
        ck_assert_int_eq(status_through_proxy("192.0.2.1"), 429);
        ck_assert_int_eq(status_through_proxy("192.0.2.2"), 404);
        ck_assert_int_eq(status_through_proxy("192.0.2.2, 192.0.2.1"), 429);
        ck_assert_int_eq(status_with(NULL), 401);
}

static void setup_untrusted(void) {
        setup_tight();
        app_part_stop(gateway_part);
        setenv("MILLRACE_HTTP_TRUSTED_PROXIES", "192.0.2.0/24", 1);
        app_part_free(gateway_part);
        start();
}

TEST_OF(untrusted_tests, nobody_else_is_believed_whom_he_names) {
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(status_through_proxy(arena_printf(arena, "192.0.2.%d, 198.51.100.%d", i, i)),
                                 404);
        ck_assert_int_eq(status_through_proxy("198.51.100.9"), 429);
}

int main(void) {
        Suite *suite = suite_create("limits of the gateway");
        TCase *tests = tcase_create("three requests a minute");

        tcase_add_checked_fixture(tests, setup_tight, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        TCase *untrusted = tcase_create("of a peer who is no proxy");
        tcase_add_checked_fixture(untrusted, setup_untrusted, teardown);
        test_add_list(untrusted, untrusted_tests);
        suite_add_tcase(suite, untrusted);
        return test_main(suite);
}
