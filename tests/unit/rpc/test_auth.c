#include "rpc/auth_private.h"

#include "base/memory.h"
#include "support.h"

#define EVERYTHING "customer seller admin service:order for:customer"

static TokenSigner *signer;
static TokenVerifier *verifier;

static void set_up(void) {
        Arena *arena = test_ctx()->arena;
        const char *key, *jwks;

        ck_assert_ok(auth_token_make_key(arena, EVERYTHING, &key, &jwks));
        ck_assert_ok(auth_token_signer_new(arena, key, &signer));
        ck_assert_ok(auth_token_verifier_new(arena, jwks, &verifier));
}

static void tear_down(void) {
        auth_token_signer_free(signer);
        auth_token_verifier_free(verifier);
}

static const char *token_of(const char *subject, unsigned roles) {
        const char *token;

        ck_assert_ok(auth_token_sign(signer, test_ctx()->arena, subject, roles, TOKEN_ACCESS_MS, &token));
        return token;
}

static const char *bearer(const char *subject, unsigned roles) {
        return arena_printf(test_ctx()->arena, "Bearer %s", token_of(subject, roles));
}

TEST(without_a_token_the_caller_is_anonymous) {
        Ctx *ctx = test_ctx();

        ck_assert_ok(rpc_identify(ctx, verifier, &(CallMetadata) { 0 }));
        ck_assert_uint_eq(ctx->caller->roles, 0);
        ck_assert_str_eq(ctx->caller->id, "");
}

TEST(a_user_token_names_its_user) {
        Ctx *ctx = test_ctx();

        ck_assert_ok(rpc_identify(ctx, verifier,
                                  &(CallMetadata) { .user_token = bearer("CUST-1", ROLE_CUSTOMER) }));
        ck_assert_str_eq(ctx->caller->id, "CUST-1");
        ck_assert_uint_eq(ctx->caller->roles, ROLE_CUSTOMER);
        ck_assert_ptr_null(ctx->caller->service);
}

TEST(an_identity_is_ignored_without_a_service_token) {
        Ctx *ctx = test_ctx();
        const CallMetadata alone = { .caller_id = "ADMIN-1", .caller_roles = "admin,service" };
        const CallMetadata beside = { .user_token = bearer("CUST-1", ROLE_CUSTOMER),
                                      .caller_id = "ADMIN-1",
                                      .caller_roles = "admin" };

        ck_assert_ok(rpc_identify(ctx, verifier, &alone));
        ck_assert_uint_eq(ctx->caller->roles, 0);
        ck_assert_ok(rpc_identify(ctx, verifier, &beside));
        ck_assert_str_eq(ctx->caller->id, "CUST-1");
        ck_assert_uint_eq(ctx->caller->roles, ROLE_CUSTOMER);
}

TEST(a_service_calls_in_its_own_name) {
        Ctx *ctx = test_ctx();

        ck_assert_ok(rpc_identify(ctx, verifier,
                                  &(CallMetadata) { .service_token = token_of("order", ROLE_SERVICE) }));
        ck_assert_str_eq(ctx->caller->id, "order");
        ck_assert_str_eq(ctx->caller->service, "order");
        ck_assert_uint_eq(ctx->caller->roles, ROLE_SERVICE);
}

TEST(a_service_that_acts_for_a_customer_has_the_customers_roles) {
        Ctx *ctx = test_ctx();
        const CallMetadata metadata = {
                .service_token = token_of("order", ROLE_SERVICE),
                .caller_id = "CUST-1",
                .caller_roles = "customer",
        };

        ck_assert_ok(rpc_identify(ctx, verifier, &metadata));
        ck_assert_str_eq(ctx->caller->id, "CUST-1");
        ck_assert_str_eq(ctx->caller->service, "order");
        ck_assert_uint_eq(ctx->caller->roles, ROLE_CUSTOMER);
}

TEST(a_service_acts_for_nobody_whom_its_key_does_not_name) {
        Ctx *ctx = test_ctx();
        const CallMetadata metadata = {
                .service_token = token_of("order", ROLE_SERVICE),
                .caller_id = "ADMIN-1",
                .caller_roles = "admin,customer,service",
        };

        ck_assert_ok(rpc_identify(ctx, verifier, &metadata));
        ck_assert_str_eq(ctx->caller->service, "order");
        ck_assert_uint_eq(ctx->caller->roles, ROLE_CUSTOMER);
}

TEST(a_service_alone_says_from_which_host_it_was_asked) {
        const char *long_text = arena_printf(test_ctx()->arena, "%*s", METADATA_MAX_CLIENT_BYTES + 1, "x");
        CallMetadata metadata = { .service_token = token_of("order", ROLE_SERVICE), .client = "192.0.2.1" };
        Ctx *ctx = test_ctx();

        ck_assert_ok(rpc_identify(ctx, verifier, &metadata));
        ck_assert_str_eq(ctx->client, "192.0.2.1");
        ctx = test_ctx();
        metadata.client = long_text;
        ck_assert_ok(rpc_identify(ctx, verifier, &metadata));
        ck_assert_ptr_null(ctx->client);
        metadata = (CallMetadata) { .user_token = bearer("CUST-1", ROLE_CUSTOMER), .client = "192.0.2.1" };
        ck_assert_ok(rpc_identify(ctx, verifier, &metadata));
        ck_assert_ptr_null(ctx->client);
}

TEST(refuses_tokens_that_are_not_what_they_should_be) {
        const CallMetadata bad[] = {
                { .user_token = "Basic dXNlcjpwYXNz" },
                { .user_token = "Bearer" },
                { .user_token = "Bearer x.y.z" },
                { .user_token = token_of("CUST-1", ROLE_CUSTOMER) },
                { .service_token = token_of("CUST-1", ROLE_CUSTOMER | ROLE_ADMIN) },
                { .service_token = "x" },
                { .service_token = "", .user_token = bearer("CUST-1", ROLE_CUSTOMER) },
        };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                Ctx *ctx = test_ctx();

                const Error *error =
                        ck_assert_reason(rpc_identify(ctx, verifier, &bad[i]), REASON_UNAUTHENTICATED);
                ck_assert_int_eq(error->code, ERROR_UNAUTHENTICATED);
                ck_assert_uint_eq(ctx->caller->roles, 0);
        }
}

TEST(roles_have_names) {
        Arena *arena = test_ctx()->arena;

        ck_assert_str_eq(rpc_metadata_format_roles(arena, ROLE_CUSTOMER | ROLE_SERVICE), "customer,service");
        ck_assert_str_eq(rpc_metadata_format_roles(arena, ROLE_ANYONE), "");
        ck_assert_uint_eq(rpc_metadata_parse_roles("seller,admin"), ROLE_SELLER | ROLE_ADMIN);
        ck_assert_uint_eq(rpc_metadata_parse_roles(",king,,customers,cust,customer"), ROLE_CUSTOMER);
        ck_assert_uint_eq(rpc_metadata_parse_roles(""), 0);
}

int main(void) {
        Suite *suite = suite_create("auth");
        TCase *tests = tcase_create("auth");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
