#include "service/catalog_service.h"

#include "base/clock.h"
#include "proto/cursor.h"
#include "proto/room.h"
#include "proto/values.h"
#include "service/lookup.h"
#include "service/mapping.h"

typedef struct CatalogHandlers {
        CatalogService base;
        CatalogUsecase *catalog;
} CatalogHandlers;

static CatalogUsecase *catalog_of(CatalogService *self) {
        return ((CatalogHandlers *) self)->catalog;
}

static Bytes product_snapshot(Ctx *ctx, const Product *product) {
        CatalogV1CreateProductResponse *response = catalog_v1_create_product_response_new(ctx->arena);

        response->product = catalog_product_to_message(ctx->arena, product);
        return proto_message_pack(ctx->arena, &response->base);
}

static Bytes seller_snapshot(Ctx *ctx, const Seller *seller) {
        CatalogV1CreateSellerResponse *response = catalog_v1_create_seller_response_new(ctx->arena);

        response->seller = catalog_seller_to_message(ctx->arena, seller);
        return proto_message_pack(ctx->arena, &response->base);
}

static Bytes category_snapshot(Ctx *ctx, const Category *category) {
        CatalogV1CreateCategoryResponse *response = catalog_v1_create_category_response_new(ctx->arena);

        response->category = catalog_category_to_message(ctx->arena, category);
        return proto_message_pack(ctx->arena, &response->base);
}

const CatalogSnapshots catalog_service_snapshots = {
        .product = product_snapshot,
        .seller = seller_snapshot,
        .category = category_snapshot,
};

/* All of them are at least as new as the oldest. */
static int64_t oldest_of(const Product *products, size_t n) {
        int64_t oldest_us = clock_wall_us();

        for (size_t i = 0; i < n; i++)
                if (products[i].product_id && products[i].read_at_us < oldest_us)
                        oldest_us = products[i].read_at_us;
        return oldest_us;
}

static const Error *handle_get_products(CatalogService *self, Ctx *ctx,
                                        const CatalogV1GetProductsRequest *request,
                                        CatalogV1GetProductsResponse *response) {
        size_t n = request->n_skus;
        Product *products = ARENA_ARRAY(ctx->arena, Product, n);

        TRY(catalog_lookup_note(ctx, "GetProducts",
                                catalog_get_many(catalog_of(self), ctx, request->skus, n, products)));
        response->n_products = n;
        response->products = ARENA_ARRAY(ctx->arena, CatalogV1ProductFacts *, n);
        for (size_t i = 0; i < n; i++)
                response->products[i] = catalog_facts_to_message(ctx->arena, &products[i]);
        response->as_of = proto_time_to_message(ctx->arena, oldest_of(products, n));
        return NULL;
}

static const Error *handle_get_product(CatalogService *self, Ctx *ctx,
                                       const CatalogV1GetProductRequest *request,
                                       CatalogV1GetProductResponse *response) {
        const Product *product;

        ctx_about(ctx, "product", request->product_id);
        TRY(catalog_lookup_note(ctx, "GetProduct",
                                catalog_get(catalog_of(self), ctx, request->product_id, &product)));
        response->product = catalog_product_to_message(ctx->arena, product);
        return NULL;
}

/* As many as fit into one message, of which one product is only a part by the limits of its fields. */
static void page_to_message(Arena *arena, const ProductPage *page, CatalogV1ListProductsResponse *response) {
        MessageRoom room = { 0 };

        response->products = ARENA_ARRAY(arena, CatalogV1Product *, page->n_products);
        for (size_t i = 0; i < page->n_products; i++) {
                CatalogV1Product *product = catalog_product_to_message(arena, &page->products[i]);

                if (!proto_room_take(&room, &product->base) && i > 0)
                        break;
                response->products[response->n_products++] = product;
        }
        if (page->has_more || response->n_products < page->n_products) {
                const Product *last = &page->products[response->n_products - 1];

                response->next_cursor = proto_cursor_write(arena, last->created_at_us, last->product_id);
        }
}

static const Error *handle_list_products(CatalogService *self, Ctx *ctx,
                                         const CatalogV1ListProductsRequest *request,
                                         CatalogV1ListProductsResponse *response) {
        ProductQuery query = catalog_query_from_message(request);
        ProductPosition after;
        ProductPage page;

        if (!str_is_empty(request->cursor)) {
                TRY(proto_cursor_read(ctx->arena, request->cursor, &after.created_at_us, &after.product_id));
                query.after = &after;
        }
        TRY(catalog_lookup_note(ctx, "ListProducts", catalog_list(catalog_of(self), ctx, query, &page)));
        page_to_message(ctx->arena, &page, response);
        return NULL;
}

static const Error *handle_get_complete_product(CatalogService *self, Ctx *ctx,
                                                const CatalogV1GetCompleteProductRequest *request,
                                                CatalogV1GetCompleteProductResponse *response) {
        CartLine wanted = { .quantity = request->quantity, .warehouse_id = request->warehouse_id };
        CompleteProduct complete;

        ctx_about(ctx, "product", request->product_id);
        TRY(catalog_lookup_note(ctx, "GetCompleteProduct",
                                catalog_complete(catalog_of(self), ctx, request->product_id, &wanted,
                                                 request->currency, true, &complete)));
        catalog_lookup_note_degraded(ctx, &complete, 1, true);
        response->product = catalog_complete_to_message(ctx->arena, complete.product.sku, &complete);
        return NULL;
}

static const CartLine *lines_from_message(Arena *arena, const CatalogV1CompleteProductsRequest *request) {
        CartLine *lines = ARENA_ARRAY(arena, CartLine, request->n_lines);

        for (size_t i = 0; i < request->n_lines; i++)
                lines[i] = (CartLine) {
                        .sku = request->lines[i]->sku,
                        .quantity = request->lines[i]->quantity,
                        .warehouse_id = request->lines[i]->warehouse_id,
                };
        return lines;
}

/* Carts need no long texts, of which 100 products would not fit into a message. */
static CatalogV1CompleteProduct *cart_product_to_message(Arena *arena, const char *sku,
                                                         const CompleteProduct *complete) {
        CatalogV1CompleteProduct *message = catalog_complete_to_message(arena, sku, complete);

        if (message->details) {
                message->details->description = "";
                message->details->n_attributes = 0;
        }
        return message;
}

/* Stock in very many warehouses is all that can make the answer too large. */
static const Error *cart_to_message(Ctx *ctx, const CartLine *lines, const CompleteProduct *complete,
                                    size_t n, CatalogV1CompleteProductsResponse *response) {
        MessageRoom room = { 0 };

        response->products = ARENA_ARRAY(ctx->arena, CatalogV1CompleteProduct *, n);
        for (size_t i = 0; i < n; i++) {
                CatalogV1CompleteProduct *product =
                        cart_product_to_message(ctx->arena, lines[i].sku, &complete[i]);

                if (!proto_room_take(&room, &product->base))
                        return error_invalid(ctx->arena, "lines",
                                             "must be the first %zu at most, whose answer fits: ask for the "
                                             "others in another call, or name a warehouse", i);
                response->products[response->n_products++] = product;
        }
        return NULL;
}

static const Error *handle_complete_products(CatalogService *self, Ctx *ctx,
                                             const CatalogV1CompleteProductsRequest *request,
                                             CatalogV1CompleteProductsResponse *response) {
        const CartLine *lines = lines_from_message(ctx->arena, request);
        size_t n = request->n_lines;
        CompleteProduct *complete = ARENA_ARRAY(ctx->arena, CompleteProduct, n);
        CartTerms terms = {
                .currency = request->currency,
                .tier = request->tier,
                .segments = request->segments,
                .n_segments = request->n_segments,
        };

        TRY(catalog_lookup_note(ctx, "CompleteProducts",
                                catalog_complete_many(catalog_of(self), ctx, lines, n, &terms, complete)));
        catalog_lookup_note_degraded(ctx, complete, n, true);
        return cart_to_message(ctx, lines, complete, n, response);
}

static const Error *handle_get_product_pricing(CatalogService *self, Ctx *ctx,
                                               const CatalogV1GetProductPricingRequest *request,
                                               CatalogV1GetProductPricingResponse *response) {
        CartLine wanted = { .quantity = request->quantity, .warehouse_id = request->warehouse_id };
        CompleteProduct complete;

        ctx_about(ctx, "product", request->product_id);
        TRY(catalog_lookup_note(ctx, "GetProductPricing",
                                catalog_complete(catalog_of(self), ctx, request->product_id, &wanted,
                                                 request->currency, false, &complete)));
        catalog_lookup_note_degraded(ctx, &complete, 1, false);
        response->product_id = complete.product.product_id;
        response->sku = complete.product.sku;
        response->pricing = catalog_price_to_message(ctx->arena, &complete.price);
        response->n_degraded = catalog_degraded(ctx->arena, &complete, false, &response->degraded);
        return NULL;
}

static const Error *handle_create_product(CatalogService *self, Ctx *ctx,
                                          const CatalogV1CreateProductRequest *request,
                                          CatalogV1CreateProductResponse *response) {
        Product wanted = catalog_product_from_message(ctx->arena, request->content);
        const Product *product;

        wanted.sku = request->sku;
        wanted.seller_id = request->seller_id;
        TRY(catalog_create(catalog_of(self), ctx, &wanted, &product));
        ctx_about(ctx, "product", product->product_id);
        response->product = catalog_product_to_message(ctx->arena, product);
        return NULL;
}

static const Error *handle_update_product(CatalogService *self, Ctx *ctx,
                                          const CatalogV1UpdateProductRequest *request,
                                          CatalogV1UpdateProductResponse *response) {
        Product wanted = catalog_product_from_message(ctx->arena, request->content);
        const Product *product;

        ctx_about(ctx, "product", request->product_id);
        wanted.product_id = request->product_id;
        wanted.version = request->version;
        TRY(catalog_update(catalog_of(self), ctx, &wanted, &product));
        response->product = catalog_product_to_message(ctx->arena, product);
        return NULL;
}

static const Error *handle_create_seller(CatalogService *self, Ctx *ctx,
                                         const CatalogV1CreateSellerRequest *request,
                                         CatalogV1CreateSellerResponse *response) {
        Seller wanted = {
                .seller_id = request->seller_id,
                .name = request->name,
                .is_active = request->active,
        };
        const Seller *seller;

        ctx_about(ctx, "seller", request->seller_id);
        TRY(catalog_create_seller(catalog_of(self), ctx, &wanted, &seller));
        response->seller = catalog_seller_to_message(ctx->arena, seller);
        return NULL;
}

static const Error *handle_update_seller(CatalogService *self, Ctx *ctx,
                                         const CatalogV1UpdateSellerRequest *request,
                                         CatalogV1UpdateSellerResponse *response) {
        Seller wanted = {
                .seller_id = request->seller_id,
                .name = request->name,
                .is_active = request->active,
                .version = request->version,
        };
        const Seller *seller;

        ctx_about(ctx, "seller", request->seller_id);
        TRY(catalog_update_seller(catalog_of(self), ctx, &wanted, &seller));
        response->seller = catalog_seller_to_message(ctx->arena, seller);
        return NULL;
}

static const Error *handle_create_category(CatalogService *self, Ctx *ctx,
                                           const CatalogV1CreateCategoryRequest *request,
                                           CatalogV1CreateCategoryResponse *response) {
        Category wanted = {
                .category_id = request->category_id,
                .name = request->name,
                .parent_id = str_or_null(request->parent_id),
        };
        const Category *category;

        ctx_about(ctx, "category", request->category_id);
        TRY(catalog_create_category(catalog_of(self), ctx, &wanted, &category));
        response->category = catalog_category_to_message(ctx->arena, category);
        return NULL;
}

CatalogService *catalog_service_new(Arena *arena, CatalogUsecase *catalog) {
        CatalogHandlers *handlers = ARENA_NEW(arena, CatalogHandlers);

        catalog_lookup_init();
        *handlers = (CatalogHandlers) { .base = CATALOG_SERVICE_IMPL(handle), .catalog = catalog };
        return &handlers->base;
}
