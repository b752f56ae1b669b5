#include "service/mapping.h"
#include "support.h"

TEST(a_registration_without_a_phone_has_none) {
        Arena *arena = test_ctx()->arena;
        CustomerV1RegisterCustomerRequest *request = customer_v1_register_customer_request_new(arena);

        request->email = "a@b.c";
        request->password = "correct horse";
        request->name = "Alex";
        const Registration wanted = customer_registration_from_message(request);
        ck_assert_str_eq(wanted.email, "a@b.c");
        ck_assert_str_eq(wanted.password, "correct horse");
        ck_assert_str_eq(wanted.name, "Alex");
        ck_assert_ptr_null(wanted.phone);
        request->phone = "+1 555";
        ck_assert_str_eq(customer_registration_from_message(request).phone, "+1 555");
}

TEST(tokens_say_how_long_they_hold_in_seconds) {
        const Tokens tokens = { .access = "a", .access_lifetime_ms = 600000, .refresh = "r",
                                .refresh_lifetime_ms = 2592000000, .subject = "CUST-1",
                                .roles = ROLE_CUSTOMER | ROLE_ADMIN };
        CustomerV1Tokens *message = customer_tokens_to_message(test_ctx()->arena, &tokens);

        ck_assert_str_eq(message->access_token, "a");
        ck_assert_str_eq(message->token_type, "Bearer");
        ck_assert_int_eq(message->expires_in, 600);
        ck_assert_str_eq(message->refresh_token, "r");
        ck_assert_int_eq(message->refresh_expires_in, 2592000);
        ck_assert_str_eq(message->subject, "CUST-1");
        ck_assert_uint_eq(message->n_roles, 2);
        ck_assert_str_eq(message->roles[0], "customer");
        ck_assert_str_eq(message->roles[1], "admin");
}

TEST(a_key_says_that_it_makes_no_service) {
        const PublicKey key = { .kid = "k", .x = "x", .y = "y" };
        CustomerV1Jwk *message = customer_key_to_message(test_ctx()->arena, &key);

        ck_assert_str_eq(message->kid, "k");
        ck_assert_str_eq(message->kty, "EC");
        ck_assert_str_eq(message->crv, "P-256");
        ck_assert_str_eq(message->alg, "ES256");
        ck_assert_str_eq(message->use, "sig");
        ck_assert_str_eq(message->x, "x");
        ck_assert_str_eq(message->y, "y");
        ck_assert_uint_eq(message->n_millrace_may, 3);
        for (size_t i = 0; i < message->n_millrace_may; i++)
                ck_assert_str_ne(message->millrace_may[i], "service");
}

TEST(a_customer_is_shown_whole) {
        const Customer customer = { .customer_id = "CUST-1", .email = "a@b.c", .name = "Alex",
                                    .is_active = true, .created_at_us = 5000000 };
        CustomerV1Customer *message = customer_to_message(test_ctx()->arena, &customer);

        ck_assert_str_eq(message->customer_id, "CUST-1");
        ck_assert_str_eq(message->email, "a@b.c");
        ck_assert_str_eq(message->name, "Alex");
        ck_assert_str_eq(message->phone, "");
        ck_assert(message->active);
        ck_assert_int_eq(message->created_at->seconds, 5);
}

int main(void) {
        Suite *suite = suite_create("customer/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
