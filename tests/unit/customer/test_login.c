#include "fake.h"

static const Error *login(const char *email, const char *password) {
        Tokens tokens;

        return customer_login(&usecase, test_ctx(), email, password, &tokens);
}

TEST(who_knows_the_password_gets_tokens) {
        Tokens tokens;

        ck_assert_ok(customer_login(&usecase, test_ctx(), "Alex@Example.com", PASSWORD, &tokens));
        ck_assert_str_eq(tokens.access, "access");
        ck_assert_str_eq(tokens.refresh, "first");
        ck_assert_str_eq(tokens.subject, "CUST-1");
        ck_assert_uint_eq(tokens.roles, ROLE_CUSTOMER);
        ck_assert_int_eq(tokens.access_lifetime_ms, 600000);
        ck_assert_int_eq(tokens.refresh_lifetime_ms, REFRESH_LIFETIME_MS);
        ck_assert_uint_eq(sessions.n_opened, 1);
        ck_assert_uint_eq(accounts.n_forgotten, 0);
}

TEST(who_is_no_customer_is_named_by_his_account) {
        accounts.account.customer_id = NULL;
        accounts.account.roles = ROLE_ADMIN;
        ck_assert_ok(login(EMAIL, PASSWORD));
        ck_assert_str_eq(issuer.subject, "ACC-1");
        ck_assert_uint_eq(issuer.roles, ROLE_ADMIN);
}

TEST(a_wrong_password_and_an_unknown_name_are_answered_alike_for_the_same_work) {
        const Error *wrong = ck_assert_reason(login(EMAIL, "wrong"), REASON_LOGIN_FAILED);
        const Error *unknown = ck_assert_reason(login("nobody@example.com", PASSWORD), REASON_LOGIN_FAILED);

        ck_assert_str_eq(wrong->message, unknown->message);
        ck_assert_int_eq(wrong->code, unknown->code);
        ck_assert_int_eq(wrong->retry_after_ms, unknown->retry_after_ms);
        ck_assert_uint_eq(wrong->n_violations + wrong->n_records, 0);
        ck_assert_uint_eq(passwords.n_compared, 2);
        ck_assert_ptr_null(passwords.last_compared);
        ck_assert_uint_eq(accounts.n_tries, 2);
        ck_assert_uint_eq(accounts.n_forgotten, 0);
        ck_assert_uint_eq(sessions.n_opened, 0);
}

TEST(who_must_wait_is_told_so_and_no_password_is_looked_at) {
        accounts.wait_ms = 1234;
        const Error *known = ck_assert_reason(login(EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        const Error *unknown = ck_assert_reason(login("nobody@example.com", "x"), REASON_LOGIN_PAUSED);

        ck_assert_int_eq(known->retry_after_ms, 1234);
        ck_assert_str_eq(known->message, unknown->message);
        ck_assert_uint_eq(passwords.n_compared, 0);
        ck_assert_uint_eq(accounts.n_forgotten, 0);
}

TEST(a_closed_account_is_told_to_who_knows_its_password_alone) {
        accounts.account.is_active = false;
        ck_assert_reason(login(EMAIL, "wrong"), REASON_LOGIN_FAILED);
        ck_assert_reason(login(EMAIL, PASSWORD), REASON_ACCOUNT_INACTIVE);
        ck_assert_uint_eq(sessions.n_opened, 0);
}

TEST(what_fails_for_us_is_no_try) {
        passwords.problem = away();
        ck_assert_reason(login(EMAIL, "wrong"), REASON_UNAVAILABLE);
        ck_assert_uint_eq(accounts.n_forgotten, 1);
        passwords.problem = NULL;
        issuer.problem = away();
        ck_assert_reason(login(EMAIL, PASSWORD), REASON_UNAVAILABLE);
        ck_assert_uint_eq(accounts.n_forgotten, 2);
        issuer.problem = NULL;
        sessions.problem = away();
        ck_assert_reason(login(EMAIL, PASSWORD), REASON_UNAVAILABLE);
        ck_assert_uint_eq(accounts.n_forgotten, 3);
}

TEST(a_try_that_cannot_be_taken_back_does_not_change_the_answer) {
        passwords.problem = away();
        accounts.lost = error_internal(test_ctx()->arena, NULL, "lost");
        ck_assert_reason(login(EMAIL, "wrong"), REASON_UNAVAILABLE);
}

TEST(a_call_whose_time_is_over_takes_its_try_back) {
        Ctx *ctx = test_ctx();
        Tokens tokens;

        ctx_limit(ctx, 0);
        passwords.problem = away();
        ck_assert_reason(customer_login(&usecase, ctx, EMAIL, PASSWORD, &tokens), REASON_UNAVAILABLE);
        ck_assert_uint_eq(accounts.n_forgotten, 1);
}

TEST(what_is_no_address_is_not_counted) {
        ck_assert_reason(login("nobody", PASSWORD), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(accounts.n_tries, 0);
}

int main(void) {
        Suite *suite = suite_create("customer/login");
        TCase *tests = tcase_create("login");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
