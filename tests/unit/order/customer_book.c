#include "customer_book.h"

#include "base/str.h"
#include "customer/v1/customer.reasons.h"
#include "market.h"

static CustomerV1CustomerContext *context_of(Arena *arena, const CustomerBook *book, const char *id) {
        CustomerV1CustomerContext *context = customer_v1_customer_context_new(arena);
        bool is_gold = str_equal(id, "CUST-12345");

        context->customer_id = book->swaps_ids ? "CUST-OTHER" : id;
        context->name = "Alex Customer";
        context->email = "customer@example.com";
        context->active = !book->closes_all && !str_equal(id, "CUST-CLOSED");
        context->tier = is_gold ? "gold" : "bronze";
        context->tier_discount_bp = (is_gold ? 500 : 0) + book->more_bp;
        context->addresses = ARENA_ARRAY(arena, CustomerV1CustomerAddress *, 1);
        context->addresses[0] = customer_v1_customer_address_new(arena);
        context->n_addresses = 1;
        return context;
}

static const Error *get_context(CustomerService *self, Ctx *ctx, const CustomerV1GetContextRequest *request,
                                CustomerV1GetContextResponse *response) {
        CustomerBook *book = (CustomerBook *) self;

        book->n_calls++;
        book->is_asked_for_somebody = *ctx->caller->id != '\0';
        TRY(market_in_mood(ctx, (Mood) book->mood));
        if (!str_starts_with(request->customer_id, "CUST-"))
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_NO_SUCH_CUSTOMER, "unknown");
        if (!book->says_nothing)
                response->context = context_of(ctx->arena, book, request->customer_id);
        return NULL;
}

/* Nobody in it has points. */
static const Error *hold_points(CustomerService *self, Ctx *ctx, const CustomerV1HoldPointsRequest *request,
                                CustomerV1HoldPointsResponse *response) {
        (void) request;
        (void) response;
        TRY(market_in_mood(ctx, (Mood) ((CustomerBook *) self)->mood));
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_TOO_FEW_POINTS, "none");
}

/* Asked by claims, which do not know what they may hold. */
static const Error *release_points(CustomerService *self, Ctx *ctx,
                                   const CustomerV1ReleasePointsRequest *request,
                                   CustomerV1ReleasePointsResponse *response) {
        CustomerBook *book = (CustomerBook *) self;

        TRY(market_in_mood(ctx, (Mood) book->mood));
        response->n_statuses = request->n_order_ids;
        response->statuses = ARENA_ARRAY(ctx->arena, CustomerV1PointsStatus, request->n_order_ids);
        for (size_t i = 0; i < request->n_order_ids; i++)
                response->statuses[i] = CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_RELEASED;
        return NULL;
}

void customer_book_init(CustomerBook *book) {
        *book = (CustomerBook) { .base = { .get_context = get_context,
                                           .hold_points = hold_points,
                                           .release_points = release_points } };
}
