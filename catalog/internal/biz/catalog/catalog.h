/*
 * Products: what is for sale, of which seller, and what it is like; who may change that; and a product made
 * complete with what pricing and the warehouse say of it.
 *
 * source     000 Catalog Service, Step 3; 003 Business Rules Enforcement
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/str.h"
#include "catalog/v1/catalog.reasons.h"

/* Limits that the request's field rules do not state. */
#define CATALOG_PAGE_DEFAULT 20
#define CATALOG_PAGE_MAX 100

/* A category and those above it: so few that 100 products with all of theirs fit into a message. */
#define CATALOG_CATEGORY_LEVELS 8

/*
 * How long pricing and the warehouse are waited for, so that a product is there within 3 s with or without
 * them (000 Timeout Management).
 */
#define CATALOG_PART_TIMEOUT_MS 2500

/* Calls to the warehouse, which tells of one SKU at a time, that are under way for one call. */
#define CATALOG_STOCK_AT_ONCE 8

#define CATALOG_TAX_CLASS "standard"
#define CATALOG_CURRENCY "USD" /* of a cart that names none */

/* Who writes when nobody is known. */
#define CATALOG_ACTOR "catalog-service"

typedef struct ProductAttribute {
        const char *name, *value;
} ProductAttribute;

typedef struct Product {
        const char *product_id; /* NULL: there is none */
        const char *sku;
        const char *name;
        const char *description;
        const ProductAttribute *attributes; /* in the order of their names */
        size_t n_attributes;
        const char *category_id;
        const char *const *category_ids; /* its category and those above it, the nearest first; once read */
        size_t n_category_ids;
        const char *seller_id;
        const char *image_url;
        const char *tax_class;
        const char *currency; /* of the base price */
        int64_t base_price_minor;
        int64_t weight_grams, length_mm, width_mm, height_mm;
        bool is_active;
        bool seller_is_active;
        int64_t version;  /* 1, 2, 3 ... */
        int64_t created_at_us, updated_at_us;
        int64_t read_at_us; /* from the database */
} Product;

static inline bool catalog_is_for_sale(const Product *product) {
        return product->is_active && product->seller_is_active;
}

typedef struct Seller {
        const char *seller_id;
        const char *name;
        bool is_active;
        int64_t version;
        int64_t created_at_us, updated_at_us;
} Seller;

typedef struct Category {
        const char *category_id;
        const char *name;
        const char *parent_id; /* NULL: it is at the top */
        int64_t created_at_us;
} Category;

/* The last product of the page before. */
typedef struct ProductPosition {
        int64_t created_at_us;
        const char *product_id;
} ProductPosition;

/* Which products are listed; what is NULL or 0 does not count. */
typedef struct ProductQuery {
        const char *text;
        const char *category_id; /* with those below it */
        const char *seller_id;
        const char *currency; /* of the base price, between the bounds */
        int64_t min_price_minor, max_price_minor;
        bool with_inactive; /* those too that are not for sale */
        const ProductPosition *after;
        int64_t limit;
} ProductQuery;

/* What became of a write. */
typedef enum CatalogVerdict {
        CATALOG_WRITTEN,
        CATALOG_TAKEN,       /* its key belongs to another */
        CATALOG_NO_CATEGORY, /* the one that it names, or that is above it */
        CATALOG_TOO_DEEP,    /* of a category: CATALOG_CATEGORY_LEVELS are above it */
        CATALOG_NO_SELLER,
        CATALOG_CHANGED, /* it has another version */
} CatalogVerdict;

/*
 * Where all this is kept. Each write is one transaction with its line in the history, which names the actor;
 * the answer of a creating call is kept with it when the call has a key. All may fail with UNAVAILABLE,
 * WRITE_UNCERTAIN or DEADLINE_EXCEEDED.
 */
typedef struct CatalogRepo CatalogRepo;
struct CatalogRepo {
        /*
         * Products by SKU; ret_products has room for n, and no product_id where there is none. They may be
         * some seconds old; read_at_us says how much.
         */
        const Error *(*load)(CatalogRepo *self, Ctx *ctx, const char *const *skus, size_t n,
                             Product *ret_products);

        /* As it is now; *ret_product is NULL when there is none. */
        const Error *(*find)(CatalogRepo *self, Ctx *ctx, const char *product_id,
                             const Product **ret_product);

        /* Newest first. */
        const Error *(*list)(CatalogRepo *self, Ctx *ctx, const ProductQuery *query, Product **ret_products,
                             size_t *ret_n);

        /* *ret_seller is NULL when there is none. */
        const Error *(*find_seller)(CatalogRepo *self, Ctx *ctx, const char *seller_id,
                                    const Seller **ret_seller);

        const Error *(*insert_product)(CatalogRepo *self, Ctx *ctx, const Product *product, const char *actor,
                                       Bytes answer, CatalogVerdict *ret_verdict);
        const Error *(*insert_seller)(CatalogRepo *self, Ctx *ctx, const Seller *seller, const char *actor,
                                      Bytes answer, CatalogVerdict *ret_verdict);
        const Error *(*insert_category)(CatalogRepo *self, Ctx *ctx, const Category *category,
                                        const char *actor, Bytes answer, CatalogVerdict *ret_verdict);

        /* Writes what was version - 1 until now. */
        const Error *(*update_product)(CatalogRepo *self, Ctx *ctx, const Product *product, const char *actor,
                                       CatalogVerdict *ret_verdict);
        const Error *(*update_seller)(CatalogRepo *self, Ctx *ctx, const Seller *seller, const char *actor,
                                      CatalogVerdict *ret_verdict);
};

/* Packs the answer of a creating call, so that it is kept in the transaction that creates. */
typedef struct CatalogSnapshots {
        Bytes (*product)(Ctx *ctx, const Product *product);
        Bytes (*seller)(Ctx *ctx, const Seller *seller);
        Bytes (*category)(Ctx *ctx, const Category *category);
} CatalogSnapshots;

typedef struct Prices Prices;
typedef struct Stock Stock;

/* Everything that the use case works with; nothing here is optional. */
typedef struct CatalogUsecase {
        CatalogRepo *repo;
        Prices *prices;
        Stock *stock;
        CatalogSnapshots snapshots;
} CatalogUsecase;

/* Products by SKU; ret_products has room for n, and no product_id where there is none. */
const Error *catalog_get_many(CatalogUsecase *usecase, Ctx *ctx, const char *const *skus, size_t n,
                              Product *ret_products) MUST_CHECK;

/* errors: PRODUCT_NOT_FOUND */
const Error *catalog_get(CatalogUsecase *usecase, Ctx *ctx, const char *product_id,
                         const Product **ret_product) MUST_CHECK;

typedef struct ProductPage {
        Product *products;
        size_t n_products;
        bool has_more;
} ProductPage;

/*
 * Lists products, newest first.
 *
 * query      limit 0: CATALOG_PAGE_DEFAULT; at most CATALOG_PAGE_MAX
 * errors     INVALID_REQUEST; SELLER_MISMATCH for those that are not for sale and not the caller's
 */
const Error *catalog_list(CatalogUsecase *usecase, Ctx *ctx, ProductQuery query,
                          ProductPage *ret_page) MUST_CHECK;

/*
 * Adds a product; its id is made here. wanted: its SKU, seller (NULL or "": the caller) and content.
 *
 * errors     INVALID_REQUEST, SELLER_MISMATCH, SKU_TAKEN
 */
const Error *catalog_create(CatalogUsecase *usecase, Ctx *ctx, const Product *wanted,
                            const Product **ret_product) MUST_CHECK;

/*
 * Writes a product anew. wanted: its id, the version that was read, and its content.
 *
 * errors     INVALID_REQUEST, PRODUCT_NOT_FOUND, SELLER_MISMATCH, PRODUCT_CHANGED
 */
const Error *catalog_update(CatalogUsecase *usecase, Ctx *ctx, const Product *wanted,
                            const Product **ret_product) MUST_CHECK;

/* errors: SELLER_TAKEN */
const Error *catalog_create_seller(CatalogUsecase *usecase, Ctx *ctx, const Seller *wanted,
                                   const Seller **ret_seller) MUST_CHECK;

/* wanted: with the version that was read. errors: SELLER_NOT_FOUND, SELLER_CHANGED */
const Error *catalog_update_seller(CatalogUsecase *usecase, Ctx *ctx, const Seller *wanted,
                                   const Seller **ret_seller) MUST_CHECK;

/* errors: CATEGORY_TAKEN; INVALID_REQUEST for a parent that is not there, or at CATALOG_CATEGORY_LEVELS */
const Error *catalog_create_category(CatalogUsecase *usecase, Ctx *ctx, const Category *wanted,
                                     const Category **ret_category) MUST_CHECK;
