/* A catalog of one product and one seller, with pricing and a warehouse that do what a test wants. */
#pragma once

#include <string.h>

#include "biz/catalog/complete.h"
#include "support.h"

#define FAKE_AWAY 1 /* gives no answer */
#define FAKE_NONE 2 /* has no answer for this product, and never will */

typedef struct FakeRepo {
        CatalogRepo base;
        Product product;
        bool has_product;
        Seller seller;
        bool has_seller;
        CatalogVerdict verdict; /* of the next write */
        Product written;
        Seller written_seller;
        Category written_category;
        const char *actor;
        Bytes answer;
        size_t n_writes;
        ProductQuery query;
} FakeRepo;

typedef struct FakePrices {
        Prices base;
        int problem;
        const char *problem_sku; /* FAKE_NONE is for this one alone */
        CartTerms terms;
        size_t n_calls;
        int64_t deadline_us; /* of the last call */
} FakePrices;

typedef struct FakeStock {
        Stock base;
        int problem;
        size_t n_calls;
} FakeStock;

static FakeRepo repo;
static FakePrices prices;
static FakeStock stock;
static CatalogUsecase catalog;
static Caller caller;

static inline Product fake_product(const char *product_id, const char *sku) {
        return (Product) {
                .product_id = product_id,
                .sku = sku,
                .name = "Wool Blanket",
                .category_id = "CAT-HOME",
                .seller_id = "SELLER-1",
                .tax_class = "standard",
                .currency = "USD",
                .base_price_minor = 7900,
                .image_url = "",
                .is_active = true,
                .seller_is_active = true,
                .version = 3,
                .created_at_us = 1000,
                .updated_at_us = 2000,
                .read_at_us = 3000,
        };
}

/* "SKU-NONE" is the only SKU that nobody has. */
static inline const Error *fake_load(CatalogRepo *self, Ctx *ctx, const char *const *skus, size_t n,
                                     Product *ret_products) {
        (void) self;
        for (size_t i = 0; i < n; i++)
                ret_products[i] = str_equal(skus[i], "SKU-NONE")
                                          ? (Product) { .sku = skus[i] }
                                          : fake_product(arena_printf(ctx->arena, "PROD-%zu", i), skus[i]);
        return NULL;
}

static inline const Error *fake_find(CatalogRepo *self, Ctx *ctx, const char *product_id,
                                     const Product **ret_product) {
        FakeRepo *fake = (FakeRepo *) self;

        (void) product_id;
        *ret_product = fake->has_product ? arena_memdup(ctx->arena, &fake->product, sizeof(Product)) : NULL;
        return NULL;
}

/* As many as are wanted. */
static inline const Error *fake_list(CatalogRepo *self, Ctx *ctx, const ProductQuery *query,
                                     Product **ret_products, size_t *ret_n) {
        ((FakeRepo *) self)->query = *query;
        *ret_n = (size_t) query->limit;
        *ret_products = ARENA_ARRAY(ctx->arena, Product, *ret_n);
        return NULL;
}

static inline const Error *fake_find_seller(CatalogRepo *self, Ctx *ctx, const char *seller_id,
                                            const Seller **ret_seller) {
        FakeRepo *fake = (FakeRepo *) self;
        Seller *seller = arena_memdup(ctx->arena, &fake->seller, sizeof(Seller));

        seller->seller_id = seller_id;
        *ret_seller = fake->has_seller ? seller : NULL;
        return NULL;
}

static inline const Error *fake_note(CatalogRepo *self, const char *actor, Bytes answer,
                                     CatalogVerdict *ret_verdict) {
        FakeRepo *fake = (FakeRepo *) self;

        fake->actor = actor;
        fake->answer = answer;
        fake->n_writes++;
        *ret_verdict = fake->verdict;
        return NULL;
}

static inline const Error *fake_insert_product(CatalogRepo *self, Ctx *ctx, const Product *product,
                                               const char *actor, Bytes answer, CatalogVerdict *ret_verdict) {
        (void) ctx;
        ((FakeRepo *) self)->written = *product;
        return fake_note(self, actor, answer, ret_verdict);
}

static inline const Error *fake_update_product(CatalogRepo *self, Ctx *ctx, const Product *product,
                                               const char *actor, CatalogVerdict *ret_verdict) {
        (void) ctx;
        ((FakeRepo *) self)->written = *product;
        return fake_note(self, actor, (Bytes) { 0 }, ret_verdict);
}

static inline const Error *fake_insert_seller(CatalogRepo *self, Ctx *ctx, const Seller *seller,
                                              const char *actor, Bytes answer, CatalogVerdict *ret_verdict) {
        (void) ctx;
        ((FakeRepo *) self)->written_seller = *seller;
        return fake_note(self, actor, answer, ret_verdict);
}

static inline const Error *fake_update_seller(CatalogRepo *self, Ctx *ctx, const Seller *seller,
                                              const char *actor, CatalogVerdict *ret_verdict) {
        (void) ctx;
        ((FakeRepo *) self)->written_seller = *seller;
        return fake_note(self, actor, (Bytes) { 0 }, ret_verdict);
}

static inline const Error *fake_insert_category(CatalogRepo *self, Ctx *ctx, const Category *category,
                                                const char *actor, Bytes answer,
                                                CatalogVerdict *ret_verdict) {
        (void) ctx;
        ((FakeRepo *) self)->written_category = *category;
        return fake_note(self, actor, answer, ret_verdict);
}

static inline const Error *fake_problem(Ctx *ctx, int problem) {
        if (problem == FAKE_AWAY)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, "PRICE_UNAVAILABLE", "no price");
}

/* Ten minor units less than the base price, in whatever currency is asked for. */
static inline const Error *fake_calculate(Prices *self, Ctx *ctx, const PriceLine *lines, size_t n,
                                          const CartTerms *terms, ProductPrice *ret_prices) {
        FakePrices *fake = (FakePrices *) self;

        fake->n_calls++;
        fake->terms = *terms;
        fake->deadline_us = ctx->deadline_us;
        if (fake->problem == FAKE_AWAY)
                return fake_problem(ctx, FAKE_AWAY);
        for (size_t i = 0; i < n; i++) {
                int64_t unit_minor = lines[i].product->base_price_minor - 10;

                if (fake->problem == FAKE_NONE && str_equal(lines[i].product->sku, fake->problem_sku))
                        return fake_problem(ctx, FAKE_NONE);
                ret_prices[i] = (ProductPrice) {
                        .unit_minor = unit_minor,
                        .total_minor = unit_minor * lines[i].quantity,
                        .quantity = lines[i].quantity,
                        .currency = terms->currency,
                        .rules_version = 7,
                        .as_of_us = 4000,
                };
        }
        return NULL;
}

static inline const Error *fake_levels(Stock *self, Ctx *ctx, const char *sku, const char *warehouse_id,
                                       ProductStock *ret_stock) {
        FakeStock *fake = (FakeStock *) self;
        StockLevel *level = ARENA_NEW(ctx->arena, StockLevel);

        fake->n_calls++;
        if (fake->problem)
                return fake_problem(ctx, fake->problem);
        *level = (StockLevel) { .warehouse_id = warehouse_id, .available = sku[strlen(sku) - 1] - '0' };
        *ret_stock = (ProductStock) { .is_known = true, .levels = level, .n_levels = 1, .as_of_us = 5000 };
        return NULL;
}

static inline Bytes fake_product_snapshot(Ctx *ctx, const Product *product) {
        return (Bytes) { (const uint8_t *) arena_strdup(ctx->arena, product->product_id),
                         strlen(product->product_id) };
}

static inline Bytes fake_seller_snapshot(Ctx *ctx, const Seller *seller) {
        (void) ctx;
        return (Bytes) { (const uint8_t *) seller->seller_id, strlen(seller->seller_id) };
}

static inline Bytes fake_category_snapshot(Ctx *ctx, const Category *category) {
        (void) ctx;
        return (Bytes) { (const uint8_t *) category->category_id, strlen(category->category_id) };
}

static inline void set_up(void) {
        repo = (FakeRepo) {
                .base = { .load = fake_load, .find = fake_find, .list = fake_list,
                          .find_seller = fake_find_seller, .insert_product = fake_insert_product,
                          .insert_seller = fake_insert_seller, .insert_category = fake_insert_category,
                          .update_product = fake_update_product, .update_seller = fake_update_seller },
                .product = fake_product("PROD-1", "SKU-1"),
                .has_product = true,
                .seller = { .name = "Seller", .is_active = true, .version = 2 },
                .has_seller = true,
        };
        prices = (FakePrices) { .base.calculate = fake_calculate };
        stock = (FakeStock) { .base.levels = fake_levels };
        catalog = (CatalogUsecase) {
                .repo = &repo.base,
                .prices = &prices.base,
                .stock = &stock.base,
                .snapshots = { fake_product_snapshot, fake_seller_snapshot, fake_category_snapshot },
        };
}

/* A context of that caller's. */
static inline Ctx *ctx_of(const char *id, unsigned roles) {
        Ctx *ctx = test_ctx();

        caller = (Caller) { .id = id, .roles = roles };
        ctx->caller = &caller;
        return ctx;
}
