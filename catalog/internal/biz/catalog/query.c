#include "biz/catalog/catalog_private.h"

const Error *catalog_get_many(CatalogUsecase *usecase, Ctx *ctx, const char *const *skus, size_t n,
                              Product *ret_products) {
        return usecase->repo->load(usecase->repo, ctx, skus, n, ret_products);
}

const Error *catalog_get(CatalogUsecase *usecase, Ctx *ctx, const char *product_id,
                         const Product **ret_product) {
        const Product *product;

        TRY(usecase->repo->find(usecase->repo, ctx, product_id, &product));
        if (!product)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_PRODUCT_NOT_FOUND,
                                 "There is no product %s", product_id);
        *ret_product = product;
        return NULL;
}

static const Error *check_bounds(Ctx *ctx, const ProductQuery *query) {
        bool has_bounds = query->min_price_minor > 0 || query->max_price_minor > 0;

        if (query->currency)
                TRY(catalog_check_currency(ctx, "currency", query->currency));
        else if (has_bounds)
                return error_invalid(ctx->arena, "currency",
                                     "must be given with minPriceMinor or maxPriceMinor");
        if (query->max_price_minor > 0 && query->max_price_minor < query->min_price_minor)
                return error_invalid(ctx->arena, "maxPriceMinor", "must not be less than minPriceMinor");
        return NULL;
}

/* One product more than the page shows says whether there is another page. */
const Error *catalog_list(CatalogUsecase *usecase, Ctx *ctx, ProductQuery query, ProductPage *ret_page) {
        int64_t page_size = query.limit > 0 ? query.limit : CATALOG_PAGE_DEFAULT;
        Product *products;
        size_t n;

        TRY(check_bounds(ctx, &query));
        if (query.with_inactive)
                TRY(catalog_check_seller(ctx, "sellerId", str_or_empty(query.seller_id)));
        if (page_size > CATALOG_PAGE_MAX)
                page_size = CATALOG_PAGE_MAX;
        query.limit = page_size + 1;
        TRY(usecase->repo->list(usecase->repo, ctx, &query, &products, &n));
        bool has_more = n > (size_t) page_size;
        *ret_page = (ProductPage) {
                .products = products,
                .n_products = has_more ? n - 1 : n,
                .has_more = has_more,
        };
        return NULL;
}
