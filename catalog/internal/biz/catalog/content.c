#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "biz/catalog/catalog_private.h"

const Error *catalog_check_currency(Ctx *ctx, const char *field, const char *currency) {
        if (money_decimals(currency) >= 0)
                return NULL;
        return error_invalid(ctx->arena, field,
                             "must be the ISO 4217 code of a currency that is traded in, as USD");
}

static bool is_named_before(const Product *product, size_t i) {
        for (size_t before = 0; before < i; before++)
                if (str_equal(product->attributes[before].name, product->attributes[i].name))
                        return true;
        return false;
}

/* What browsers are told to load: nothing that runs, nothing of their own machine. */
static bool is_url(const char *text) {
        return str_is_empty(text) || str_starts_with(text, "https://") || str_starts_with(text, "http://");
}

const Error *catalog_check_content(Ctx *ctx, const Product *product) {
        for (size_t i = 0; i < product->n_attributes; i++)
                if (is_named_before(product, i))
                        return error_invalid(ctx->arena,
                                             arena_printf(ctx->arena, "content.attributes[%zu].name", i),
                                             "must be another name than those before it");
        if (!is_url(product->image_url))
                return error_invalid(ctx->arena, "content.imageUrl",
                                     "must be empty, or begin with https:// or http://");
        return catalog_check_currency(ctx, "content.currency", product->currency);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(((const ProductAttribute *) a)->name, ((const ProductAttribute *) b)->name);
}

const ProductAttribute *catalog_sort_attributes(Arena *arena, const Product *product) {
        size_t n = product->n_attributes;
        ProductAttribute *sorted = ARENA_ARRAY(arena, ProductAttribute, n);

        if (n > 0) {
                memcpy(sorted, product->attributes, n * sizeof(ProductAttribute));
                qsort(sorted, n, sizeof(ProductAttribute), compare_names);
        }
        return sorted;
}

bool catalog_may_act_for(const Ctx *ctx, const char *seller_id) {
        return ctx_has_role(ctx, ROLE_ADMIN) ||
               (ctx_has_role(ctx, ROLE_SELLER) && str_equal(ctx->caller->id, seller_id));
}

const Error *catalog_check_seller(Ctx *ctx, const char *field, const char *seller_id) {
        if (catalog_may_act_for(ctx, seller_id))
                return NULL;
        Error *error = error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_SELLER_MISMATCH,
                                 "Only an admin may act for another seller");
        error_add_violation(ctx->arena, error, field, "must be your own");
        return error;
}
