#include "data/catalog_client.h"

#include <string.h>

#include "base/callee.h"
#include "base/clock.h"
#include "proto/message.h"

typedef struct CatalogClient {
        Catalog base;
        CatalogService *catalog;
        CalleeMethod *get;
        LastSaid *said; /* by SKU */
} CatalogClient;

static Bytes question_of(const char *sku) {
        return (Bytes) { .data = (const uint8_t *) sku, .n_bytes = strlen(sku) };
}

/* A SKU without a product is not kept: what is new is found at once, and made-up names take no room. */
static void keep(LastSaid *said, Ctx *ctx, const char *sku, const CatalogV1ProductFacts *facts) {
        CatalogV1ProductFacts kept = *facts;

        if (str_is_empty(facts->product_id)) {
                last_said_forget(said, question_of(sku));
                return;
        }
        kept.image_url = ""; /* what an order does not need */
        last_said_keep(said, question_of(sku), proto_message_pack(ctx->arena, &kept.base),
                       clock_monotonic_us());
}

static const Error *read_product(Ctx *ctx, const char *sku, const CatalogV1ProductFacts *facts,
                                 Product *ret_product) {
        const CommonV1Money *price = facts->base_price;

        if (!str_equal(facts->sku, sku) || (price && price->minor < 0))
                return error_internal(ctx->arena, NULL, "The catalog's answer about %s makes no sense", sku);
        *ret_product = (Product) {
                .product_id = str_or_null(facts->product_id),
                .sku = facts->sku,
                .name = facts->name,
                .is_for_sale = facts->is_for_sale,
                .seller_id = facts->seller_id,
                .tax_class = facts->tax_class,
                .base_price_minor = price ? price->minor : 0,
                .currency = price ? price->currency : NULL,
                .category_ids = facts->category_ids,
                .n_category_ids = facts->n_category_ids,
                .size = { .weight_grams = facts->weight_grams,
                          .length_mm = facts->length_mm,
                          .width_mm = facts->width_mm,
                          .height_mm = facts->height_mm },
        };
        return NULL;
}

static const Error *recall(LastSaid *said, Ctx *ctx, const char *sku, const Error *cause,
                           Product *ret_product) {
        ProtobufCMessage *facts;
        Bytes answer;

        if (!last_said_find(said, ctx->arena, question_of(sku), clock_monotonic_us(), &answer))
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "The catalog does not answer: try again");
        TRY(proto_message_unpack(ctx->arena, &catalog_v1_product_facts_info, answer, &facts));
        return read_product(ctx, sku, (CatalogV1ProductFacts *) facts, ret_product);
}

static const Error *recall_all(CatalogClient *client, Ctx *ctx, const char *const *skus, size_t n,
                               const Error *cause, Product *ret_products) {
        TRY(ctx_check(ctx));
        for (size_t i = 0; i < n; i++)
                TRY(recall(client->said, ctx, skus[i], cause, &ret_products[i]));
        return NULL;
}

static const Error *ask(CatalogClient *client, Ctx *ctx, const char *const *skus, size_t n,
                        CatalogV1GetProductsResponse *response) {
        CatalogV1GetProductsRequest *request = catalog_v1_get_products_request_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, CATALOG_TIMEOUT_MS);
        CalleeCall calling;

        request->skus = (const char **) skus;
        request->n_skus = n;
        TRY(callee_begin(client->get, ctx, &calling));
        const Error *error = client->catalog->get_products(client->catalog, &call, request, response);
        callee_end(&calling, error);
        return error;
}

static const Error *read_answer(CatalogClient *client, Ctx *ctx, const char *const *skus, size_t n,
                                const CatalogV1GetProductsResponse *response, Product *ret_products) {
        if (response->n_products != n)
                return error_internal(ctx->arena, NULL, "The catalog answered for %zu SKUs of %zu",
                                      response->n_products, n);
        for (size_t i = 0; i < n; i++) {
                TRY(read_product(ctx, skus[i], response->products[i], &ret_products[i]));
                keep(client->said, ctx, skus[i], response->products[i]);
        }
        return NULL;
}

static const Error *load(Catalog *self, Ctx *ctx, const char *const *skus, size_t n, Product *ret_products,
                         bool *ret_is_old) {
        CatalogClient *client = (CatalogClient *) self;
        CatalogV1GetProductsResponse *response = catalog_v1_get_products_response_new(ctx->arena);
        const Error *error = ask(client, ctx, skus, n, response);
        bool is_old = callee_is_away(error);

        if (is_old) {
                TRY(recall_all(client, ctx, skus, n, error, ret_products));
        } else {
                TRY(error);
                TRY(read_answer(client, ctx, skus, n, response, ret_products));
        }
        *ret_is_old = is_old;
        return NULL;
}

Catalog *order_catalog_client_new(Arena *arena, CatalogService *catalog, LastSaid *said) {
        CatalogClient *client = ARENA_NEW(arena, CatalogClient);

        *client = (CatalogClient) {
                .base.load = load,
                .catalog = catalog,
                .get = callee_method_new(arena, callee_new(arena, "catalog"), "GetProducts"),
                .said = said,
        };
        return &client->base;
}
