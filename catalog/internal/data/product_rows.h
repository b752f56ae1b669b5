/* Products as rows: how they are read, found and listed. */
#pragma once

#include "biz/catalog/catalog.h"
#include "pg/batch.h"

/* Of products p and their sellers s, in the order in which catalog_rows_read takes them. */
#define PRODUCT_COLUMNS                                                                                      \
        "p.product_id, p.sku, p.name, p.description, p.category_id, p.seller_id, p.image_url, p.tax_class,"  \
        "p.currency, p.base_price_minor, p.weight_grams, p.length_mm, p.width_mm, p.height_mm,"              \
        "p.active, s.active, p.version, p.created_at, p.updated_at, now(),"                     \
        "(SELECT coalesce(string_agg(as_netstring(a.name) || as_netstring(a.value), ''"                      \
        "                            ORDER BY a.name COLLATE \"C\"), '')"                                    \
        "   FROM jsonb_each_text(p.attributes) AS a (name, value)),"                                         \
        "(WITH RECURSIVE above AS ("                                                                         \
        "         SELECT c.category_id, c.parent_id, 1 AS n FROM categories c"                               \
        "          WHERE c.category_id = p.category_id"                                                      \
        "          UNION ALL"                                                                                \
        "         SELECT c.category_id, c.parent_id, above.n + 1"                                            \
        "           FROM above JOIN categories c ON c.category_id = above.parent_id)"                        \
        " SELECT string_agg(as_netstring(category_id), '' ORDER BY n) FROM above)"

#define PRODUCT_TABLES "products p JOIN sellers s USING (seller_id)"

/* Texts are borrowed from the rows, lists are in arena. */
const Error *catalog_rows_read(Arena *arena, const PgRows *rows, size_t row, Product *ret_product) MUST_CHECK;

/* These two are those of the repository (biz/catalog/catalog.h). */
const Error *catalog_rows_find(PgPool *pool, Ctx *ctx, const char *product_id,
                               const Product **ret_product) MUST_CHECK;
const Error *catalog_rows_list(PgPool *pool, Ctx *ctx, const ProductQuery *query, Product **ret_products,
                               size_t *ret_n) MUST_CHECK;
