#include "data/preference_client.h"

#include "base/callee.h"
#include "customer/v1/customer.reasons.h"

typedef struct PreferenceClient {
        Preferences base;
        CustomerService *customers;
        CalleeMethod *get;
} PreferenceClient;

static const Error *ask(PreferenceClient *client, Ctx *ctx, const char *customer_id,
                        CustomerV1GetCheckoutContextResponse *response) {
        CustomerV1GetCheckoutContextRequest *request =
                customer_v1_get_checkout_context_request_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, REVIEW_CUSTOMER_TIMEOUT_MS);
        CalleeCall calling;

        request->customer_id = customer_id;
        TRY(callee_begin(client->get, ctx, &calling));
        const Error *error = client->customers->get_checkout_context(client->customers, &call, request,
                                                                     response);
        callee_end(&calling, error);
        return error;
}

static const Error *find_wish(Preferences *self, Ctx *ctx, const char *customer_id, RequestWish *ret_wish) {
        CustomerV1GetCheckoutContextResponse *response =
                customer_v1_get_checkout_context_response_new(ctx->arena);
        const Error *error = ask((PreferenceClient *) self, ctx, customer_id, response);

        if (error_is(error, REASON_NO_SUCH_CUSTOMER)) {
                *ret_wish = WISH_UNKNOWN;
                return NULL;
        }
        TRY(error);
        if (!response->preferences)
                return error_internal(ctx->arena, NULL, "The customer service says no preferences of %s",
                                      customer_id);
        *ret_wish = response->preferences->review_requests ? WISH_TO_BE_ASKED : WISH_NOT_TO_BE_ASKED;
        return NULL;
}

Preferences *review_preference_client_new(Arena *arena, CustomerService *customers) {
        PreferenceClient *client = ARENA_NEW(arena, PreferenceClient);

        *client = (PreferenceClient) {
                .base.find_wish = find_wish,
                .customers = customers,
                .get = callee_method_new(arena, callee_new(arena, "customer"), "GetCheckoutContext"),
        };
        return &client->base;
}
