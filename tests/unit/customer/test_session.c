#include <string.h>

#include "fake.h"

TEST(a_session_goes_on_with_the_next_tokens) {
        Tokens tokens;

        ck_assert_ok(customer_refresh(&usecase, test_ctx(), "first", &tokens));
        ck_assert_str_eq(tokens.access, "access");
        ck_assert_str_eq(tokens.refresh, "second");
        ck_assert_str_eq(tokens.subject, "CUST-1");
        ck_assert_str_eq(issuer.subject, "CUST-1");
        ck_assert_uint_eq(tokens.roles, ROLE_CUSTOMER);
        ck_assert_int_eq(tokens.refresh_lifetime_ms, REFRESH_LIFETIME_MS);
}

static const Error *refresh_after(RefreshOutcome outcome) {
        Tokens tokens;

        sessions.outcome = outcome;
        return ck_assert_reason(customer_refresh(&usecase, test_ctx(), "first", &tokens),
                                REASON_SESSION_ENDED);
}

TEST(a_token_that_is_over_or_stolen_is_answered_alike) {
        const Error *over = refresh_after(REFRESH_IS_OVER), *reused = refresh_after(REFRESH_REUSED);

        ck_assert_int_eq(over->code, ERROR_UNAUTHENTICATED);
        ck_assert_int_eq(over->code, reused->code);
        ck_assert_str_eq(over->message, reused->message);
        ck_assert_ptr_null(issuer.subject);
}

TEST(the_log_alone_hears_of_a_stolen_token) {
        const Error *reused = refresh_after(REFRESH_REUSED);

        ck_assert_ptr_nonnull(strstr(reused->cause->message, "ACC-1"));
        ck_assert_ptr_null(strstr(reused->cause->message, "first"));
}

int main(void) {
        Suite *suite = suite_create("customer/session");
        TCase *tests = tcase_create("session");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
