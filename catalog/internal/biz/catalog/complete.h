/*
 * Products made complete: with their price and stock, which are asked for side by side. Whoever gives no
 * answer in time is left out, and the answer says so.
 *
 * source     000 Sequence Step 2, Step 3, Error Handling with Catalog Service; 002 7.1
 */
#pragma once

#include "biz/catalog/catalog.h"

/* One product of a cart; it may come twice, for two warehouses. */
typedef struct CartLine {
        const char *sku;
        int64_t quantity;         /* 0: 1 */
        const char *warehouse_id; /* "": any, and no warehouse's markup */
} CartLine;

/* Whose cart it is, and in which currency it is priced. */
typedef struct CartTerms {
        const char *currency; /* "": that of the base price for one product, else CATALOG_CURRENCY */
        const char *tier;     /* "": none */
        const char *const *segments;
        size_t n_segments;
} CartTerms;

typedef struct ProductPrice {
        int64_t unit_minor, total_minor;
        int64_t quantity;
        const char *currency;
        bool is_fallback;      /* pricing gave no answer: the base price */
        int64_t rules_version; /* of pricing */
        int64_t as_of_us;
} ProductPrice;

typedef struct StockLevel {
        const char *warehouse_id;
        int64_t available;
} StockLevel;

typedef struct ProductStock {
        bool is_known; /* false: the warehouse gave no answer */
        const StockLevel *levels;
        size_t n_levels;
        int64_t as_of_us;
} ProductStock;

typedef struct CompleteProduct {
        Product product; /* without product_id: there is none, nor anything else */
        ProductPrice price;
        ProductStock stock;
} CompleteProduct;

/* One product to price. */
typedef struct PriceLine {
        const Product *product;
        int64_t quantity;
        const char *warehouse_id;
} PriceLine;

/* Who knows prices. */
struct Prices {
        /*
         * Prices lines in a currency, 100 at most; ret_prices has room for n.
         *
         * errors     whatever the answer is, or that there is none
         */
        const Error *(*calculate)(Prices *self, Ctx *ctx, const PriceLine *lines, size_t n,
                                  const CartTerms *terms, ProductPrice *ret_prices);
};

/* Who knows stock. */
struct Stock {
        /* Of a SKU, in one warehouse or all (""). A SKU that the warehouse does not know has no levels. */
        const Error *(*levels)(Stock *self, Ctx *ctx, const char *sku, const char *warehouse_id,
                               ProductStock *ret_stock);
};

/*
 * Completes the products of a cart; ret_complete has room for n.
 *
 * errors     INVALID_REQUEST for a currency that is not known; those of reading the products
 */
const Error *catalog_complete_many(CatalogUsecase *usecase, Ctx *ctx, const CartLine *lines, size_t n,
                                   const CartTerms *terms, CompleteProduct *ret_complete) MUST_CHECK;

/*
 * Completes one product, priced for anybody.
 *
 * wanted       its SKU does not count
 * with_stock   false: its stock is not asked for
 * errors       PRODUCT_NOT_FOUND; INVALID_REQUEST for a currency that is not known
 */
const Error *catalog_complete(CatalogUsecase *usecase, Ctx *ctx, const char *product_id,
                              const CartLine *wanted, const char *currency, bool with_stock,
                              CompleteProduct *ret_complete) MUST_CHECK;
