#include "data/points_client.h"

#include "customer/v1/customer.reasons.h"
#include "proto/values.h"

typedef struct PointsClient {
        Points base;
        CustomerService *customers;
        CalleeMethod *hold, *commit; /* what gives points back is never refused */
} PointsClient;

static const Error *hold_expired(Ctx *ctx, const Order *order, const Error *cause) {
        return error_wrap(ctx->arena, ERROR_ABORTED, REASON_HOLD_EXPIRED, cause,
                          "The points held for order %s are not what it needs now: order again", order->id);
}

/* What it refuses beside that was ours to get right: no caller could help it. */
static const Error *judge_hold(Ctx *ctx, const Order *order, const Error *error) {
        if (error_is(error, REASON_POINTS_CLOSED) || error_is(error, REASON_POINTS_MISMATCH))
                return hold_expired(ctx, order, error);
        if (error && error->code == ERROR_INVALID_ARGUMENT)
                return error_internal(ctx->arena, error, "The customer service refuses what the order asks");
        return error;
}

static const Error *hold(Points *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us) {
        CustomerService *customers = ((PointsClient *) self)->customers;
        CustomerV1HoldPointsRequest *request = customer_v1_hold_points_request_new(ctx->arena);
        CustomerV1HoldPointsResponse *response = customer_v1_hold_points_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, POINTS_TIMEOUT_MS);
        CalleeCall calling;

        request->order_id = order->id;
        request->customer_id = order->customer_id;
        request->points = order->loyalty.points_used;
        TRY(callee_begin(((PointsClient *) self)->hold, ctx, &calling));
        const Error *error = customers->hold_points(customers, &call, request, response);
        callee_end(&calling, error);
        TRY(judge_hold(ctx, order, error));
        if (!response->hold || !response->hold->expires_at)
                return error_internal(ctx->arena, NULL,
                                      "Points were held for order %s without saying how long", order->id);
        *ret_expires_at_us = proto_time_from_message(response->hold->expires_at);
        return NULL;
}

static ConfirmState state_of(CustomerV1PointsStatus status) {
        switch (status) {
        case CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_COMMITTED:
                return CONFIRM_DONE;
        case CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_UNSPECIFIED:
        case CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_RELEASED:
        case CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_EXPIRED:
                return CONFIRM_LOST;
        case CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_HELD:
        default: /* a word of a newer customer service says nothing against the hold */
                return CONFIRM_LATER;
        }
}

static const Error *commit(Points *self, Ctx *ctx, const char *const *order_ids, size_t n,
                           ConfirmState *ret_states) {
        CustomerService *customers = ((PointsClient *) self)->customers;
        CustomerV1CommitPointsRequest *request = customer_v1_commit_points_request_new(ctx->arena);
        CustomerV1CommitPointsResponse *response = customer_v1_commit_points_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, POINTS_TIMEOUT_MS);
        CalleeCall calling;

        request->order_ids = (const char **) order_ids;
        request->n_order_ids = n;
        TRY(callee_begin(((PointsClient *) self)->commit, ctx, &calling));
        const Error *error = customers->commit_points(customers, &call, request, response);
        callee_end(&calling, error);
        TRY(error);
        if (response->n_statuses != n)
                return error_internal(ctx->arena, NULL, "The customer service answered for %zu orders of %zu",
                                      response->n_statuses, n);
        for (size_t i = 0; i < n; i++)
                ret_states[i] = state_of(response->statuses[i]);
        return NULL;
}

static const Error *release(Points *self, Ctx *ctx, const char *order_id) {
        CustomerService *customers = ((PointsClient *) self)->customers;
        CustomerV1ReleasePointsRequest *request = customer_v1_release_points_request_new(ctx->arena);
        CustomerV1ReleasePointsResponse *response = customer_v1_release_points_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, POINTS_TIMEOUT_MS);

        request->order_ids = &order_id;
        request->n_order_ids = 1;
        return customers->release_points(customers, &call, request, response);
}

Points *order_points_client_new(Arena *arena, CustomerService *customers, Callee *callee) {
        PointsClient *client = ARENA_NEW(arena, PointsClient);

        *client = (PointsClient) {
                .base = { .hold = hold, .commit = commit, .release = release },
                .customers = customers,
                .hold = callee_method_new(arena, callee, "HoldPoints"),
                .commit = callee_method_new(arena, callee, "CommitPoints"),
        };
        return &client->base;
}
