#include "data/customer_client.h"

#include <string.h>

#include "base/clock.h"
#include "base/money.h"
#include "customer/v1/customer.reasons.h"
#include "proto/message.h"

typedef CustomerV1CustomerContext Context;

typedef struct CustomerClient {
        Customers base;
        CustomerService *customers;
        CalleeMethod *get;
        LastSaid *said; /* by customer id, of those who may order */
} CustomerClient;

static Bytes question_of(const char *customer_id) {
        return (Bytes) { .data = (const uint8_t *) customer_id, .n_bytes = strlen(customer_id) };
}

/*
 * Only that somebody may order is kept: of him who is unknown, or closed, nobody can say without the service
 * whether he still is.
 */
static void keep(LastSaid *said, Ctx *ctx, const char *customer_id, const Context *context) {
        Context kept = { 0 };

        if (!context || !context->active) {
                last_said_forget(said, question_of(customer_id));
                return;
        }
        kept = *context;
        kept.n_addresses = 0; /* what an order does not need, as the next are */
        kept.n_segments = 0;
        kept.credit_limit = NULL;
        last_said_keep(said, question_of(customer_id), proto_message_pack(ctx->arena, &kept.base),
                       clock_monotonic_us());
}

static const Error *read_context(Ctx *ctx, const char *customer_id, const Context *context,
                                 Customer *ret_customer) {
        if (!context || !str_equal(context->customer_id, customer_id) || context->tier_discount_bp < 0 ||
            context->tier_discount_bp > MONEY_BP_ONE)
                return error_internal(ctx->arena, NULL, "What is said of customer %s makes no sense",
                                      customer_id);
        *ret_customer = (Customer) {
                .is_known = true,
                .is_active = context->active,
                .name = context->name,
                .email = context->email,
                .tier = context->tier,
                .tier_discount_bp = context->tier_discount_bp,
                .points = context->points,
        };
        return NULL;
}

static const Error *recall(LastSaid *said, Ctx *ctx, const char *customer_id, const Error *cause,
                           Customer *ret_customer) {
        ProtobufCMessage *context;
        Bytes answer;

        TRY(ctx_check(ctx));
        if (!last_said_find(said, ctx->arena, question_of(customer_id), clock_monotonic_us(), &answer))
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "The customer service does not answer, and whether the customer may order"
                                  " is not known without it: try again");
        TRY(proto_message_unpack(ctx->arena, &customer_v1_customer_context_info, answer, &context));
        return read_context(ctx, customer_id, (const Context *) context, ret_customer);
}

static const Error *ask(CustomerClient *client, Ctx *ctx, const char *customer_id,
                        const Context **ret_context) {
        CustomerV1GetContextRequest *request = customer_v1_get_context_request_new(ctx->arena);
        CustomerV1GetContextResponse *response = customer_v1_get_context_response_new(ctx->arena);
        Ctx call = ctx_for_own_call(ctx, CUSTOMER_TIMEOUT_MS); /* who may order for whom is judged here */
        CalleeCall calling;

        request->customer_id = customer_id;
        TRY(callee_begin(client->get, ctx, &calling));
        const Error *error = client->customers->get_context(client->customers, &call, request, response);
        callee_end(&calling, error);
        *ret_context = response->context;
        return error;
}

static const Error *load(Customers *self, Ctx *ctx, const char *customer_id, Customer *ret_customer,
                         bool *ret_is_old) {
        CustomerClient *client = (CustomerClient *) self;
        const Context *context = NULL;
        Customer customer = { 0 };
        const Error *error = ask(client, ctx, customer_id, &context);
        bool is_old = callee_is_away(error), is_known = !error_is(error, REASON_NO_SUCH_CUSTOMER);

        if (is_old) {
                TRY(recall(client->said, ctx, customer_id, error, &customer));
        } else if (is_known) {
                TRY(error);
                TRY(read_context(ctx, customer_id, context, &customer));
        }
        if (!is_old)
                keep(client->said, ctx, customer_id, is_known ? context : NULL);
        *ret_customer = customer;
        *ret_is_old = is_old;
        return NULL;
}

Customers *order_customer_client_new(Arena *arena, CustomerService *customers, Callee *callee,
                                     LastSaid *said) {
        CustomerClient *client = ARENA_NEW(arena, CustomerClient);

        *client = (CustomerClient) {
                .base.load = load,
                .customers = customers,
                .get = callee_method_new(arena, callee, "GetContext"),
                .said = said,
        };
        return &client->base;
}
