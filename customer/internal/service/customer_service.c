#include "service/customer_service.h"

#include "base/log.h"
#include "base/metrics.h"
#include "service/mapping.h"

typedef struct CustomerHandlers {
        CustomerService base;
        AccountUsecase *accounts;
        Metric *logins;
} CustomerHandlers;

static AccountUsecase *accounts_of(CustomerService *self) {
        return ((CustomerHandlers *) self)->accounts;
}

static const Error *handle_register_customer(CustomerService *self, Ctx *ctx,
                                             const CustomerV1RegisterCustomerRequest *request,
                                             CustomerV1RegisterCustomerResponse *response) {
        const Registration wanted = customer_registration_from_message(request);
        const Customer *customer;

        TRY(customer_register(accounts_of(self), ctx, &wanted, &customer));
        ctx_about(ctx, "customer", customer->customer_id);
        response->customer = customer_to_message(ctx->arena, customer);
        return NULL;
}

/*
 * The trace event user_login: a line and a count for each login, however it ended. Neither names the e-mail.
 *
 * source     001 Event Types
 */
static void trace_login(CustomerService *self, const Ctx *ctx, const char *subject, const Error *error) {
        const char *outcome = error ? "failed" : "success";

        metric_add(((CustomerHandlers *) self)->logins, 1, METRIC_LABELS({ "outcome", outcome }));
        log_info("user_login", log_text("outcome", outcome), log_text("subject", subject),
                 log_text("reason", error ? error->reason : NULL), log_text("client", ctx->client),
                 log_text("trace", ctx->trace.trace_id));
}

static const Error *handle_login(CustomerService *self, Ctx *ctx, const CustomerV1LoginRequest *request,
                                 CustomerV1LoginResponse *response) {
        Tokens tokens = { 0 };

        const Error *error =
                customer_login(accounts_of(self), ctx, request->email, request->password, &tokens);
        trace_login(self, ctx, tokens.subject, error);
        TRY(error);
        ctx_about(ctx, "subject", tokens.subject);
        response->tokens = customer_tokens_to_message(ctx->arena, &tokens);
        return NULL;
}

static const Error *handle_refresh(CustomerService *self, Ctx *ctx, const CustomerV1RefreshRequest *request,
                                   CustomerV1RefreshResponse *response) {
        Tokens tokens;

        TRY(customer_refresh(accounts_of(self), ctx, request->refresh_token, &tokens));
        ctx_about(ctx, "subject", tokens.subject);
        response->tokens = customer_tokens_to_message(ctx->arena, &tokens);
        return NULL;
}

static const Error *handle_logout(CustomerService *self, Ctx *ctx, const CustomerV1LogoutRequest *request,
                                  CustomerV1LogoutResponse *response) {
        (void) response;
        return customer_logout(accounts_of(self), ctx, request->refresh_token);
}

static const Error *handle_get_jwks(CustomerService *self, Ctx *ctx, const CustomerV1GetJwksRequest *request,
                                    CustomerV1GetJwksResponse *response) {
        PublicKey *keys;
        size_t n;

        (void) request;
        TRY(customer_public_keys(accounts_of(self), ctx, &keys, &n));
        response->n_keys = n;
        response->keys = ARENA_ARRAY(ctx->arena, CustomerV1Jwk *, n);
        for (size_t i = 0; i < n; i++)
                response->keys[i] = customer_key_to_message(ctx->arena, &keys[i]);
        return NULL;
}

CustomerService *customer_service_new(Arena *arena, AccountUsecase *accounts) {
        CustomerHandlers *handlers = ARENA_NEW(arena, CustomerHandlers);

        *handlers = (CustomerHandlers) {
                .base = CUSTOMER_SERVICE_IMPL(handle),
                .accounts = accounts,
                .logins = metric_counter("millrace_customer_logins_total", "Logins, by how they ended."),
        };
        return &handlers->base;
}
