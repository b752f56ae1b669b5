#include "data/product_rows.h"

#include "base/memory.h"
#include "data/netstring.h"
#include "data/search_text.h"
#include "pg/reader.h"

static const Error *read_attributes(Arena *arena, const char *text, Product *product) {
        const char *const *texts;
        size_t n_texts;

        TRY(catalog_netstrings_read(arena, text, &texts, &n_texts));
        ProductAttribute *attributes = ARENA_ARRAY(arena, ProductAttribute, n_texts / 2);
        for (size_t i = 0; i < n_texts / 2; i++)
                attributes[i] = (ProductAttribute) { .name = texts[2 * i], .value = texts[2 * i + 1] };
        product->attributes = attributes;
        product->n_attributes = n_texts / 2;
        return NULL;
}

const Error *catalog_rows_read(Arena *arena, const PgRows *rows, size_t row, Product *ret_product) {
        PgReader at = pg_reader(rows, row);
        Product product = { 0 };

        product.product_id = pg_next_text(&at);
        product.sku = pg_next_text(&at);
        product.name = pg_next_text(&at);
        product.description = pg_next_text(&at);
        product.category_id = pg_next_text(&at);
        product.seller_id = pg_next_text(&at);
        product.image_url = pg_next_text(&at);
        product.tax_class = pg_next_text(&at);
        product.currency = pg_next_text(&at);
        product.base_price_minor = pg_next_int64(&at);
        product.weight_grams = pg_next_int64(&at);
        product.length_mm = pg_next_int64(&at);
        product.width_mm = pg_next_int64(&at);
        product.height_mm = pg_next_int64(&at);
        product.is_active = pg_next_bool(&at);
        product.seller_is_active = pg_next_bool(&at);
        product.version = pg_next_int64(&at);
        product.created_at_us = pg_next_time(&at);
        product.updated_at_us = pg_next_time(&at);
        product.read_at_us = pg_next_time(&at);
        TRY(read_attributes(arena, pg_next_text(&at), &product));
        TRY(catalog_netstrings_read(arena, pg_next_text(&at), &product.category_ids,
                                    &product.n_category_ids));
        TRY(pg_reader_end(&at));
        *ret_product = product;
        return NULL;
}

static const PgStatement sql_find =
        PG_READ("SELECT " PRODUCT_COLUMNS " FROM " PRODUCT_TABLES " WHERE p.product_id = $1");

const Error *catalog_rows_find(PgPool *pool, Ctx *ctx, const char *product_id, const Product **ret_product) {
        Product *product = ARENA_NEW(ctx->arena, Product);
        const PgRows *rows;

        TRY(pg_run(pool, ctx, &sql_find, PG_ARGS(pg_text(product_id)), &rows));
        bool is_found = pg_rows_count(rows) > 0;
        if (is_found)
                TRY(catalog_rows_read(ctx->arena, rows, 0, product));
        *ret_product = is_found ? product : NULL;
        return NULL;
}

/* The category $1 and all below it. */
#define BELOW                                                                                                \
        "ARRAY(WITH RECURSIVE below AS ("                                                                    \
        "              SELECT category_id FROM categories WHERE category_id = $1"                            \
        "               UNION ALL"                                                                           \
        "              SELECT c.category_id FROM below b JOIN categories c ON c.parent_id = b.category_id)"  \
        "      SELECT category_id FROM below)"

#define OF_CATEGORY "p.category_id = ANY (" BELOW ")"
#define OF_CATEGORY_IF_ANY "($1::text IS NULL OR " OF_CATEGORY ")"
#define OF_SELLER "p.seller_id = $2"
#define OF_SELLER_IF_ANY "($2::text IS NULL OR " OF_SELLER ")"

/*
 * What is asked for beside category and seller, behind the last product of the page before; age is where the
 * time and the id of a product come from.
 */
#define REST_OF_PAGE(age)                                                                                    \
        " AND ($3::text IS NULL OR p.currency = $3)"                                                         \
        " AND p.base_price_minor >= $4 AND ($5 = 0 OR p.base_price_minor <= $5)"                             \
        " AND ($6 OR p.active AND s.active)"                                                                 \
        " AND (" age ".created_at, " age ".product_id) < (coalesce($7, 'infinity'), $8)"                     \
        " ORDER BY " age ".created_at DESC, " age ".product_id DESC LIMIT $9"

#define N_COMMON 9 /* parameters, of every list */

/* One statement per index, so that each is a range of it. */
static const PgStatement sql_list_all =
        PG_READ("SELECT " PRODUCT_COLUMNS " FROM " PRODUCT_TABLES
                " WHERE " OF_CATEGORY_IF_ANY " AND " OF_SELLER_IF_ANY REST_OF_PAGE("p"));

static const PgStatement sql_list_category =
        PG_READ("SELECT " PRODUCT_COLUMNS " FROM " PRODUCT_TABLES
                " WHERE " OF_CATEGORY " AND " OF_SELLER_IF_ANY REST_OF_PAGE("p"));

static const PgStatement sql_list_seller =
        PG_READ("SELECT " PRODUCT_COLUMNS " FROM " PRODUCT_TABLES
                " WHERE " OF_CATEGORY_IF_ANY " AND " OF_SELLER REST_OF_PAGE("p"));

/*
 * Two walks, since one cannot use two indexes without a bitmap: by words, and by names that are almost it;
 * what is left out is left out of both. What they find is sorted by its own age, so that nobody walks all
 * products to look which were found.
 */
static const PgStatement sql_list_text = PG_READ(
        "WITH found AS MATERIALIZED ("
        "        SELECT product_id, created_at FROM products"
        "         WHERE search @@ websearch_to_tsquery('english', $10)"
        "         UNION"
        "        SELECT product_id, created_at FROM products"
        "         WHERE $11 <% name AND (search @@ websearch_to_tsquery('english', $12)) IS NOT TRUE)"
        "SELECT " PRODUCT_COLUMNS " FROM found f JOIN products p USING (product_id)"
        "  JOIN sellers s USING (seller_id)"
        " WHERE " OF_CATEGORY_IF_ANY " AND " OF_SELLER_IF_ANY REST_OF_PAGE("f"));

/* Only one of them has more parameters than N_COMMON. */
static const PgStatement *statement_for(const ProductQuery *query) {
        if (query->text)
                return &sql_list_text;
        if (query->category_id)
                return &sql_list_category;
        return query->seller_id ? &sql_list_seller : &sql_list_all;
}

const Error *catalog_rows_list(PgPool *pool, Ctx *ctx, const ProductQuery *query, Product **ret_products,
                               size_t *ret_n) {
        const ProductPosition *after = query->after;
        SearchText search = catalog_search_text(ctx->arena, str_or_empty(query->text));
        const PgRows *rows;
        const PgArg args[] = {
                pg_text(query->category_id),
                pg_text(query->seller_id),
                pg_text(query->currency),
                pg_int64(query->min_price_minor),
                pg_int64(query->max_price_minor),
                pg_bool(query->with_inactive),
                after ? pg_time(after->created_at_us) : pg_null(PG_TIME),
                pg_text(after ? after->product_id : ""),
                pg_int64(query->limit),
                pg_text(search.query),
                pg_text(search.names),
                pg_text(search.left_out),
        };
        size_t n_args = query->text ? ARRAY_SIZE(args) : N_COMMON;

        TRY(pg_run(pool, ctx, statement_for(query), (PgArgs) { args, n_args }, &rows));
        size_t n = pg_rows_count(rows);
        Product *products = ARENA_ARRAY(ctx->arena, Product, n);
        for (size_t i = 0; i < n; i++)
                TRY(catalog_rows_read(ctx->arena, rows, i, &products[i]));
        *ret_products = products;
        *ret_n = n;
        return NULL;
}
