#include "data/catalog_private.h"

#include "data/product_rows.h"
#include "pg/idempotency.h"
#include "pg/reader.h"

static bool verdict_of(const PgBatch *batch, const Error *error, const char *taken,
                       CatalogVerdict *ret_verdict) {
        if (error_is(error, INNER_OTHER_VERSION))
                *ret_verdict = CATALOG_CHANGED;
        else if (error_is(error, INNER_TOO_DEEP))
                *ret_verdict = CATALOG_TOO_DEEP;
        else if (pg_batch_violates(batch, taken))
                *ret_verdict = CATALOG_TAKEN;
        else if (pg_batch_violates(batch, "products_seller_fkey"))
                *ret_verdict = CATALOG_NO_SELLER;
        else if (pg_batch_violates(batch, "products_category_fkey") ||
                 pg_batch_violates(batch, "categories_parent_id_fkey"))
                *ret_verdict = CATALOG_NO_CATEGORY;
        else
                return false;
        return true;
}

const Error *catalog_sql_write(PgCatalogRepo *repo, PgBatch *batch, Bytes answer, const char *taken,
                               CatalogVerdict *ret_verdict) {
        if (answer.n_bytes > 0)
                pg_idempotency_answer(batch, answer);
        const Error *error = catalog_product_cache_change(repo->cache, batch);
        if (!error)
                *ret_verdict = CATALOG_WRITTEN;
        else if (!verdict_of(batch, error, taken, ret_verdict))
                return error;
        return NULL;
}

static const Error *load(CatalogRepo *self, Ctx *ctx, const char *const *skus, size_t n,
                         Product *ret_products) {
        return catalog_product_cache_load(((PgCatalogRepo *) self)->cache, ctx, skus, n, ret_products);
}

static const Error *find(CatalogRepo *self, Ctx *ctx, const char *product_id, const Product **ret_product) {
        return catalog_rows_find(((PgCatalogRepo *) self)->pool, ctx, product_id, ret_product);
}

static const Error *list(CatalogRepo *self, Ctx *ctx, const ProductQuery *query, Product **ret_products,
                         size_t *ret_n) {
        return catalog_rows_list(((PgCatalogRepo *) self)->pool, ctx, query, ret_products, ret_n);
}

static const PgStatement sql_find_seller = PG_READ(
        "SELECT seller_id, name, active, version, created_at, updated_at FROM sellers WHERE seller_id = $1");

static const Error *read_seller(const PgRows *rows, Seller *seller) {
        PgReader at = pg_reader(rows, 0);

        seller->seller_id = pg_next_text(&at);
        seller->name = pg_next_text(&at);
        seller->is_active = pg_next_bool(&at);
        seller->version = pg_next_int64(&at);
        seller->created_at_us = pg_next_time(&at);
        seller->updated_at_us = pg_next_time(&at);
        return pg_reader_end(&at);
}

static const Error *find_seller(CatalogRepo *self, Ctx *ctx, const char *seller_id,
                                const Seller **ret_seller) {
        Seller *seller = ARENA_NEW(ctx->arena, Seller);
        const PgRows *rows;

        TRY(pg_run(((PgCatalogRepo *) self)->pool, ctx, &sql_find_seller, PG_ARGS(pg_text(seller_id)),
                   &rows));
        bool is_found = pg_rows_count(rows) > 0;
        if (is_found)
                TRY(read_seller(rows, seller));
        *ret_seller = is_found ? seller : NULL;
        return NULL;
}

static const PgStatement sql_insert_seller = PG_WRITE(
        "WITH added AS ("
        "        INSERT INTO sellers (seller_id, name, active, created_at, updated_at)"
        "        VALUES ($1, $2, $3, $4, $4) RETURNING *)"
        ADD_HISTORY("seller", "seller_id", "added", "$5"));

static const Error *insert_seller(CatalogRepo *self, Ctx *ctx, const Seller *seller, const char *actor,
                                  Bytes answer, CatalogVerdict *ret_verdict) {
        PgCatalogRepo *repo = (PgCatalogRepo *) self;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        pg_batch_add(batch, &sql_insert_seller,
                     PG_ARGS(pg_text(seller->seller_id), pg_text(seller->name), pg_bool(seller->is_active),
                             pg_time(seller->created_at_us), pg_text(actor)));
        return catalog_sql_write(repo, batch, answer, "sellers_pkey", ret_verdict);
}

static const PgStatement sql_update_seller = PG_WRITE(
        "WITH changed AS ("
        "        UPDATE sellers SET name = $3, active = $4, updated_at = $5, version = $2"
        "         WHERE seller_id = $1 AND version = $2 - 1 RETURNING *), noted AS ("
        ADD_HISTORY("seller", "seller_id", "changed", "$6")
        "        RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_OTHER_VERSION "') FROM noted");

static const Error *update_seller(CatalogRepo *self, Ctx *ctx, const Seller *seller, const char *actor,
                                  CatalogVerdict *ret_verdict) {
        PgCatalogRepo *repo = (PgCatalogRepo *) self;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        pg_batch_add(batch, &sql_update_seller,
                     PG_ARGS(pg_text(seller->seller_id), pg_int64(seller->version), pg_text(seller->name),
                             pg_bool(seller->is_active), pg_time(seller->updated_at_us), pg_text(actor)));
        return catalog_sql_write(repo, batch, (Bytes) { 0 }, "sellers_pkey", ret_verdict);
}

/*
 * What is above a category never changes, so it can be counted before; a parent that is not there is refused
 * by the foreign key.
 */
static const PgStatement sql_insert_category = PG_WRITE(
        "WITH RECURSIVE above AS ("
        "        SELECT parent_id FROM categories WHERE category_id = $3"
        "         UNION ALL"
        "        SELECT c.parent_id FROM above JOIN categories c ON c.category_id = above.parent_id),"
        " added AS ("
        "        INSERT INTO categories (category_id, name, parent_id, created_at)"
        "        SELECT $1, $2, $3, $4 WHERE (SELECT count(*) FROM above) < $6 RETURNING *), noted AS ("
        ADD_HISTORY("category", "category_id", "added", "$5")
        "        RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_TOO_DEEP "') FROM noted");

static const Error *insert_category(CatalogRepo *self, Ctx *ctx, const Category *category, const char *actor,
                                    Bytes answer, CatalogVerdict *ret_verdict) {
        PgCatalogRepo *repo = (PgCatalogRepo *) self;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        pg_batch_add(batch, &sql_insert_category,
                     PG_ARGS(pg_text(category->category_id), pg_text(category->name),
                             pg_text(category->parent_id), pg_time(category->created_at_us), pg_text(actor),
                             pg_int64(CATALOG_CATEGORY_LEVELS)));
        return catalog_sql_write(repo, batch, answer, "categories_pkey", ret_verdict);
}

CatalogRepo *catalog_repo_new(Arena *arena, PgPool *pool, ProductCache *cache) {
        PgCatalogRepo *repo = ARENA_NEW(arena, PgCatalogRepo);

        *repo = (PgCatalogRepo) {
                .base = {
                        .load = load,
                        .find = find,
                        .list = list,
                        .find_seller = find_seller,
                        .insert_product = catalog_sql_insert_product,
                        .insert_seller = insert_seller,
                        .insert_category = insert_category,
                        .update_product = catalog_sql_update_product,
                        .update_seller = update_seller,
                },
                .pool = pool,
                .cache = cache,
        };
        return &repo->base;
}
