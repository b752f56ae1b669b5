#include "base/clock.h"
#include "base/uuid.h"
#include "biz/catalog/catalog_private.h"

static const char *actor_of(const Ctx *ctx) {
        return ctx_actor(ctx, CATALOG_ACTOR);
}

static const Error *no_category(Ctx *ctx, const char *field) {
        return error_invalid(ctx->arena, field, "must be the id of a category that there is");
}

static const Error *no_seller(Ctx *ctx) {
        return error_invalid(ctx->arena, "sellerId", "must be the id of a seller that there is");
}

/* What is refused because it was changed meanwhile says which version there is. */
static const Error *changed(Ctx *ctx, const char *reason, const char *what, const char *id, int64_t version) {
        Error *error = error_new(ctx->arena, ERROR_ABORTED, reason,
                                 "The %s %s was changed meanwhile: look at it, and change it again",
                                 what, id);

        if (version > 0)
                ERROR_ADD_RECORD(ctx->arena, error, error_number("version", version));
        return error;
}

static const Error *product_refusal(Ctx *ctx, const Product *product, CatalogVerdict verdict) {
        switch (verdict) {
        case CATALOG_WRITTEN:
                return NULL;
        case CATALOG_NO_CATEGORY:
                return no_category(ctx, "content.categoryId");
        case CATALOG_NO_SELLER:
                return no_seller(ctx);
        case CATALOG_CHANGED:
                return changed(ctx, REASON_PRODUCT_CHANGED, "product", product->product_id, 0);
        case CATALOG_TOO_DEEP: /* never of a product */
        case CATALOG_TAKEN:
                break;
        }
        return error_new(ctx->arena, ERROR_ALREADY_EXISTS, REASON_SKU_TAKEN, "Another product has the SKU %s",
                         product->sku);
}

/* Who is not named is the seller who calls. */
static const Error *find_owner(CatalogUsecase *usecase, Ctx *ctx, const char *named,
                               const Seller **ret_seller) {
        const char *seller_id = str_is_empty(named) ? ctx->caller->id : named;
        const Seller *seller;

        TRY(catalog_check_seller(ctx, "sellerId", seller_id));
        TRY(usecase->repo->find_seller(usecase->repo, ctx, seller_id, &seller));
        if (!seller)
                return no_seller(ctx);
        *ret_seller = seller;
        return NULL;
}

const Error *catalog_create(CatalogUsecase *usecase, Ctx *ctx, const Product *wanted,
                            const Product **ret_product) {
        Product *product = arena_memdup(ctx->arena, wanted, sizeof(Product));
        CatalogVerdict verdict;
        const Seller *seller;

        TRY(catalog_check_content(ctx, wanted));
        TRY(find_owner(usecase, ctx, wanted->seller_id, &seller));
        product->product_id = uuid_sortable(ctx->arena, "PROD-");
        product->attributes = catalog_sort_attributes(ctx->arena, wanted);
        product->seller_id = seller->seller_id;
        product->seller_is_active = seller->is_active;
        product->version = 1;
        product->created_at_us = product->updated_at_us = product->read_at_us = clock_wall_us();
        TRY(usecase->repo->insert_product(usecase->repo, ctx, product, actor_of(ctx),
                                          usecase->snapshots.product(ctx, product), &verdict));
        TRY(product_refusal(ctx, product, verdict));
        *ret_product = product;
        return NULL;
}

/* The content of one with all else of the other, one version later. */
static Product *next_version(Ctx *ctx, const Product *content, const Product *found) {
        Product *next = arena_memdup(ctx->arena, content, sizeof(Product));

        next->sku = found->sku;
        next->attributes = catalog_sort_attributes(ctx->arena, content);
        next->seller_id = found->seller_id;
        next->seller_is_active = found->seller_is_active;
        next->version = found->version + 1;
        next->created_at_us = found->created_at_us;
        next->updated_at_us = next->read_at_us = clock_wall_us();
        return next;
}

const Error *catalog_update(CatalogUsecase *usecase, Ctx *ctx, const Product *wanted,
                            const Product **ret_product) {
        const Product *found;
        CatalogVerdict verdict;

        TRY(catalog_check_content(ctx, wanted));
        TRY(catalog_get(usecase, ctx, wanted->product_id, &found));
        TRY(catalog_check_seller(ctx, "productId", found->seller_id));
        if (found->version != wanted->version)
                return changed(ctx, REASON_PRODUCT_CHANGED, "product", found->product_id, found->version);
        Product *next = next_version(ctx, wanted, found);
        TRY(usecase->repo->update_product(usecase->repo, ctx, next, actor_of(ctx), &verdict));
        TRY(product_refusal(ctx, next, verdict));
        *ret_product = next;
        return NULL;
}

const Error *catalog_create_seller(CatalogUsecase *usecase, Ctx *ctx, const Seller *wanted,
                                   const Seller **ret_seller) {
        Seller *seller = arena_memdup(ctx->arena, wanted, sizeof(Seller));
        CatalogVerdict verdict;

        seller->version = 1;
        seller->created_at_us = seller->updated_at_us = clock_wall_us();
        TRY(usecase->repo->insert_seller(usecase->repo, ctx, seller, actor_of(ctx),
                                         usecase->snapshots.seller(ctx, seller), &verdict));
        if (verdict != CATALOG_WRITTEN)
                return error_new(ctx->arena, ERROR_ALREADY_EXISTS, REASON_SELLER_TAKEN,
                                 "There is a seller %s already", seller->seller_id);
        *ret_seller = seller;
        return NULL;
}

const Error *catalog_update_seller(CatalogUsecase *usecase, Ctx *ctx, const Seller *wanted,
                                   const Seller **ret_seller) {
        Seller *next = arena_memdup(ctx->arena, wanted, sizeof(Seller));
        const Seller *found;
        CatalogVerdict verdict;

        TRY(usecase->repo->find_seller(usecase->repo, ctx, wanted->seller_id, &found));
        if (!found)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_SELLER_NOT_FOUND,
                                 "There is no seller %s", wanted->seller_id);
        if (found->version != wanted->version)
                return changed(ctx, REASON_SELLER_CHANGED, "seller", found->seller_id, found->version);
        next->version = found->version + 1;
        next->created_at_us = found->created_at_us;
        next->updated_at_us = clock_wall_us();
        TRY(usecase->repo->update_seller(usecase->repo, ctx, next, actor_of(ctx), &verdict));
        if (verdict != CATALOG_WRITTEN)
                return changed(ctx, REASON_SELLER_CHANGED, "seller", next->seller_id, 0);
        *ret_seller = next;
        return NULL;
}

static const Error *too_deep(Ctx *ctx) {
        return error_invalid(ctx->arena, "parentId", "must be a category with at most %d others above it",
                             CATALOG_CATEGORY_LEVELS - 2);
}

const Error *catalog_create_category(CatalogUsecase *usecase, Ctx *ctx, const Category *wanted,
                                     const Category **ret_category) {
        Category *category = arena_memdup(ctx->arena, wanted, sizeof(Category));
        CatalogVerdict verdict;

        if (str_equal(wanted->category_id, str_or_empty(wanted->parent_id)))
                return no_category(ctx, "parentId");
        category->created_at_us = clock_wall_us();
        TRY(usecase->repo->insert_category(usecase->repo, ctx, category, actor_of(ctx),
                                           usecase->snapshots.category(ctx, category), &verdict));
        if (verdict == CATALOG_NO_CATEGORY)
                return no_category(ctx, "parentId");
        if (verdict == CATALOG_TOO_DEEP)
                return too_deep(ctx);
        if (verdict != CATALOG_WRITTEN)
                return error_new(ctx->arena, ERROR_ALREADY_EXISTS, REASON_CATEGORY_TAKEN,
                                 "There is a category %s already", category->category_id);
        *ret_category = category;
        return NULL;
}
