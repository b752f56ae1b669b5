#include <string.h>

#include "fake.h"

static const Error *register_with(const char *password, const Profile **ret_customer) {
        const Registration wanted = { .email = "Alex@Example.com", .password = password, .name = "Alex" };

        return customer_register(&usecase, test_ctx(), &wanted, ret_customer);
}

static const Error *fails_with(const char *password) {
        const Profile *customer;

        return register_with(password, &customer);
}

static void set_up_empty(void) {
        set_up();
        accounts.has_account = false;
}

TEST(a_new_customer_gets_ids_that_a_token_can_carry) {
        const Profile *customer;

        ck_assert_ok(register_with(PASSWORD, &customer));
        ck_assert(str_starts_with(customer->customer_id, "CUST-"));
        ck_assert(str_starts_with(accounts.account.account_id, "ACC-"));
        ck_assert_uint_le(strlen(customer->customer_id), 64);
        ck_assert_uint_eq(accounts.account.roles, ROLE_CUSTOMER);
        ck_assert_str_eq(accounts.account.password_hash, HASH_OF PASSWORD);
        ck_assert_uint_eq(accounts.n_inserted, 1);
        ck_assert_uint_eq(accounts.n_forgotten, 1);
}

TEST(the_same_again_shows_the_same_customer) {
        const Profile *first, *second;

        ck_assert_ok(register_with(PASSWORD, &first));
        ck_assert_ok(register_with(PASSWORD, &second));
        ck_assert_str_eq(first->customer_id, second->customer_id);
        ck_assert_uint_eq(accounts.n_inserted, 1);
        ck_assert_uint_eq(passwords.n_hashed, 1);
        ck_assert_uint_eq(passwords.n_compared, 1);
}

TEST(an_e_mail_that_is_taken_is_a_try_to_log_in) {
        accounts.has_account = true;
        ck_assert_reason(fails_with("another one"), REASON_EMAIL_TAKEN);
        ck_assert_uint_eq(accounts.n_tries, 1);
        ck_assert_uint_eq(accounts.n_forgotten, 0);
        accounts.wait_ms = 1234;
        ck_assert_int_eq(ck_assert_reason(fails_with(PASSWORD), REASON_LOGIN_PAUSED)->retry_after_ms, 1234);
        ck_assert_uint_eq(passwords.n_compared, 1);
}

TEST(who_is_no_customer_or_was_closed_does_not_register_again) {
        accounts.has_account = true;
        accounts.account.customer_id = NULL;
        ck_assert_reason(fails_with(PASSWORD), REASON_EMAIL_TAKEN);
        accounts.account.customer_id = "CUST-1";
        accounts.account.is_active = false;
        ck_assert_reason(fails_with(PASSWORD), REASON_EMAIL_TAKEN);
}

TEST(two_who_register_at_once_are_one_customer_or_two_strangers) {
        const Profile *customer;

        accounts.taken_by = PASSWORD;
        ck_assert_ok(register_with(PASSWORD, &customer));
        ck_assert_str_eq(customer->customer_id, "CUST-1");
        set_up_empty();
        accounts.taken_by = "another one";
        ck_assert_reason(fails_with(PASSWORD), REASON_EMAIL_TAKEN);
        ck_assert_uint_eq(accounts.n_inserted, 0);
}

TEST(what_fails_for_us_is_no_try) {
        passwords.problem = away();
        ck_assert_reason(fails_with(PASSWORD), REASON_UNAVAILABLE);
        ck_assert_uint_eq(accounts.n_forgotten, 1);
        ck_assert_uint_eq(accounts.n_inserted, 0);
}

TEST(a_password_has_so_many_bytes_at_least) {
        const Error *error = ck_assert_reason(fails_with("1234567"), REASON_INVALID_REQUEST);
        const Profile *customer;

        ck_assert_str_eq(error->violations[0].field, "password");
        ck_assert_ptr_null(strstr(error->message, "1234567"));
        ck_assert_uint_eq(accounts.n_tries, 0);
        ck_assert_ok(register_with("12345678", &customer));
}

int main(void) {
        Suite *suite = suite_create("customer/register");
        TCase *tests = tcase_create("register");

        tcase_add_checked_fixture(tests, set_up_empty, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
