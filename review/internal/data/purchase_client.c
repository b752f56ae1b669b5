#include "data/purchase_client.h"

#include "base/callee.h"

/* When to ask again, if nobody says so. */
#define RETRY_AFTER_MS 1000

typedef struct PurchaseClient {
        Purchases base;
        OrderService *orders;
        CalleeMethod *get;
} PurchaseClient;

/* Whatever kept the answer away: nothing was written, so the same call may come again. */
static const Error *away(Ctx *ctx, const Error *cause) {
        Error *error = error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "The order service does not answer: nothing was written, try again");

        error->retry_after_ms = cause->retry_after_ms > 0 ? cause->retry_after_ms : RETRY_AFTER_MS;
        return error;
}

static Purchase read_purchase(Arena *arena, const OrderV1GetPurchaseResponse *response) {
        PurchasedProduct *products = ARENA_ARRAY(arena, PurchasedProduct, response->n_products);

        for (size_t i = 0; i < response->n_products; i++)
                products[i] = (PurchasedProduct) {
                        .product_id = response->products[i]->product_id,
                        .seller_id = str_or_null(response->products[i]->seller_id),
                };
        return (Purchase) {
                .order_id = response->order_id,
                .customer_id = response->customer_id,
                .is_delivered = response->status == ORDER__V1__ORDER_STATUS__ORDER_STATUS_DELIVERED,
                .products = products,
                .n_products = response->n_products,
        };
}

static const Error *find(Purchases *self, Ctx *ctx, const char *order_id, Purchase *ret_purchase) {
        PurchaseClient *client = (PurchaseClient *) self;
        OrderV1GetPurchaseRequest *request = order_v1_get_purchase_request_new(ctx->arena);
        OrderV1GetPurchaseResponse *response = order_v1_get_purchase_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, REVIEW_ORDER_TIMEOUT_MS);
        CalleeCall calling;
        const Error *error;

        request->order_id = order_id;
        error = callee_begin(client->get, ctx, &calling);
        if (!error) {
                error = client->orders->get_purchase(client->orders, &call, request, response);
                callee_end(&calling, error);
        }
        if (callee_is_away(error))
                return away(ctx, error);
        TRY(error);
        *ret_purchase = read_purchase(ctx->arena, response);
        return NULL;
}

Purchases *review_purchase_client_new(Arena *arena, OrderService *orders) {
        PurchaseClient *client = ARENA_NEW(arena, PurchaseClient);

        *client = (PurchaseClient) {
                .base = { .find = find },
                .orders = orders,
                .get = callee_method_new(arena, callee_new(arena, "order"), "GetPurchase"),
        };
        return &client->base;
}
