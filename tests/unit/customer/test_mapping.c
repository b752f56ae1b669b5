#include "service/mapping.h"

#include "base/memory.h"
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

static const CustomerAddress home = {
        .id = "ADDR-1",
        .type = ADDRESS_SHIPPING,
        .line1 = "123 Main St",
        .city = "San Francisco",
        .state = "CA",
        .postal_code = "94105",
        .country = "US",
        .contact_name = "Alex",
        .is_default = true,
};

static const Profile alex = {
        .customer_id = "CUST-1",
        .email = "a@b.c",
        .name = "Alex",
        .created_at_us = 5000000,
        .version = 7,
        .tier = TIER_GOLD,
        .tier_discount_bp = 500,
        .standing = { .is_active = true, .segments = (const char *const[]) { "vip" }, .n_segments = 1,
                      .has_credit_limit = true, .credit_limit_minor = 12345 },
        .preferences = { .notifications = true },
        .addresses = &home,
        .n_addresses = 1,
        .methods = &(const PaymentMethod) { .id = "PM-1", .type = METHOD_CARD, .token = "pm_secret",
                                            .brand = "visa", .last4 = "4242", .is_default = true },
        .n_methods = 1,
};

TEST(a_customer_is_shown_whole) {
        CustomerV1Customer *message = customer_to_message(test_ctx()->arena, &alex);

        ck_assert_str_eq(message->customer_id, "CUST-1");
        ck_assert_str_eq(message->email, "a@b.c");
        ck_assert_str_eq(message->name, "Alex");
        ck_assert_str_eq(message->phone, "");
        ck_assert(message->active);
        ck_assert_int_eq(message->created_at->seconds, 5);
        ck_assert_int_eq(message->version, 7);
        ck_assert_str_eq(message->tier, "gold");
        ck_assert_uint_eq(message->n_segments, 1);
        ck_assert_uint_eq(message->n_addresses, 1);
        ck_assert_str_eq(message->shipping_address->id, "ADDR-1");
        ck_assert_ptr_null(message->billing_address);
        ck_assert(message->preferences->notifications && !message->preferences->marketing);
}

TEST(an_order_learns_of_tier_segments_addresses_and_limit) {
        CustomerV1CustomerContext *message = customer_context_to_message(test_ctx()->arena, &alex);

        ck_assert_str_eq(message->tier, "gold");
        ck_assert_int_eq(message->tier_discount_bp, 500);
        ck_assert_str_eq(message->segments[0], "vip");
        ck_assert_uint_eq(message->n_addresses, 1);
        ck_assert_int_eq(message->credit_limit->minor, 12345);
        ck_assert_str_eq(message->credit_limit->currency, PROFILE_CURRENCY);
        ck_assert(message->active);
}

TEST(an_address_is_shown_in_the_words_of_both_documents) {
        CustomerV1CustomerAddress *message = customer_address_to_message(test_ctx()->arena, &home);

        ck_assert_str_eq(message->street, "123 Main St");
        ck_assert_str_eq(message->address_line1, "123 Main St");
        ck_assert_str_eq(message->zip_code, "94105");
        ck_assert_str_eq(message->postal_code, "94105");
        ck_assert_str_eq(message->contact_name, "Alex");
        ck_assert_str_eq(message->contact_phone, "");
        ck_assert(message->is_default);
}

TEST(an_address_is_taken_in_the_words_of_either_document) {
        static const struct {
                const char *street, *line1, *zip, *postal, *wrong;
        } given[] = {
                { "123 Main St", "", "94105", "", NULL },
                { "", "123 Main St", "", "94105", NULL },
                { "123 Main St", "123 Main St", "94105", "94105", NULL },
                { "123 Main St", "1 Other St", "94105", "", "address.street" },
                { "123 Main St", "", "94105", "10001", "address.zipCode" },
        };
        Arena *arena = test_ctx()->arena;

        for (size_t i = 0; i < ARRAY_SIZE(given); i++) {
                CustomerV1CustomerAddress *message = customer_v1_customer_address_new(arena);
                CustomerAddress address = { 0 };

                message->street = given[i].street;
                message->address_line1 = given[i].line1;
                message->zip_code = given[i].zip;
                message->postal_code = given[i].postal;
                const Error *error = customer_address_from_message(arena, message, "ADDR-1", &address);
                if (given[i].wrong) {
                        ck_assert_reason(error, REASON_INVALID_REQUEST);
                        ck_assert_str_eq(error->violations[0].field, given[i].wrong);
                        continue;
                }
                ck_assert_ok(error);
                ck_assert_str_eq(address.id, "ADDR-1");
                ck_assert_str_eq(address.line1, "123 Main St");
                ck_assert_str_eq(address.postal_code, "94105");
                ck_assert_ptr_null(address.line2);
        }
}

TEST(a_standing_without_a_tier_or_a_limit_has_none) {
        CustomerV1SetStandingRequest *request = customer_v1_set_standing_request_new(test_ctx()->arena);

        request->status = "closed";
        Standing standing = customer_standing_from_message(request);
        ck_assert(!standing.is_active && !standing.has_tier_until && !standing.has_credit_limit);
        ck_assert_int_eq(standing.tier, TIER_NONE);
        request->tier_until = google_protobuf_timestamp_new(test_ctx()->arena);
        request->credit_limit = customer_v1_credit_limit_new(test_ctx()->arena);
        request->status = "active";
        request->tier = "platinum";
        standing = customer_standing_from_message(request);
        ck_assert(standing.is_active && standing.has_tier_until && standing.has_credit_limit);
        ck_assert_int_eq(standing.tier, TIER_PLATINUM);
        ck_assert_int_eq(standing.tier_until_us, 0);
        ck_assert_int_eq(standing.credit_limit_minor, 0);
}

TEST(a_payment_method_is_shown_without_its_token) {
        size_t n;
        CustomerV1PaymentMethod **messages = customer_methods_to_messages(test_ctx()->arena, &alex, &n);

        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(messages[0]->id, "PM-1");
        ck_assert_str_eq(messages[0]->brand, "visa");
        ck_assert_str_eq(messages[0]->last4, "4242");
        ck_assert(messages[0]->is_default);
}

int main(void) {
        Suite *suite = suite_create("customer/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
