#include "data/catalog_private.h"
#include "json/codec.h"

static const char *attributes_json(Arena *arena, const Product *product) {
        StrBuf json = { .arena = arena };

        strbuf_add_char(&json, '{');
        for (size_t i = 0; i < product->n_attributes; i++) {
                strbuf_add(&json, i > 0 ? "," : "");
                json_add_string(&json, product->attributes[i].name);
                strbuf_add_char(&json, ':');
                json_add_string(&json, product->attributes[i].value);
        }
        strbuf_add_char(&json, '}');
        return strbuf_text(&json);
}

static const PgStatement sql_insert = PG_WRITE(
        "WITH added AS ("
        "        INSERT INTO products (product_id, sku, seller_id, name, description, attributes,"
        "                              category_id, image_url, weight_grams, length_mm, width_mm, height_mm,"
        "                              tax_class, base_price_minor, currency, active, created_at, updated_at)"
        "        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)"
        "        RETURNING *)"
        ADD_HISTORY("product", "product_id", "added", "$18"));

const Error *catalog_sql_insert_product(CatalogRepo *self, Ctx *ctx, const Product *product,
                                        const char *actor, Bytes answer, CatalogVerdict *ret_verdict) {
        PgCatalogRepo *repo = (PgCatalogRepo *) self;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_text(product->product_id), pg_text(product->sku), pg_text(product->seller_id),
                             pg_text(product->name), pg_text(product->description),
                             pg_json(attributes_json(ctx->arena, product)), pg_text(product->category_id),
                             pg_text(product->image_url), pg_int64(product->weight_grams),
                             pg_int64(product->length_mm), pg_int64(product->width_mm),
                             pg_int64(product->height_mm), pg_text(product->tax_class),
                             pg_int64(product->base_price_minor), pg_text(product->currency),
                             pg_bool(product->is_active), pg_time(product->created_at_us), pg_text(actor)));
        return catalog_sql_write(repo, batch, answer, "products_sku_key", ret_verdict);
}

static const PgStatement sql_update = PG_WRITE(
        "WITH changed AS ("
        "        UPDATE products"
        "           SET name = $3, description = $4, attributes = $5, category_id = $6, image_url = $7,"
        "               weight_grams = $8, length_mm = $9, width_mm = $10, height_mm = $11, tax_class = $12,"
        "               base_price_minor = $13, currency = $14, active = $15, updated_at = $16, version = $2"
        "         WHERE product_id = $1 AND version = $2 - 1"
        "        RETURNING *), noted AS ("
        ADD_HISTORY("product", "product_id", "changed", "$17")
        "        RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_OTHER_VERSION "') FROM noted");

const Error *catalog_sql_update_product(CatalogRepo *self, Ctx *ctx, const Product *product,
                                        const char *actor, CatalogVerdict *ret_verdict) {
        PgCatalogRepo *repo = (PgCatalogRepo *) self;
        PgBatch *batch = pg_batch_new(repo->pool, ctx);

        pg_batch_add(batch, &sql_update,
                     PG_ARGS(pg_text(product->product_id), pg_int64(product->version), pg_text(product->name),
                             pg_text(product->description), pg_json(attributes_json(ctx->arena, product)),
                             pg_text(product->category_id), pg_text(product->image_url),
                             pg_int64(product->weight_grams), pg_int64(product->length_mm),
                             pg_int64(product->width_mm), pg_int64(product->height_mm),
                             pg_text(product->tax_class), pg_int64(product->base_price_minor),
                             pg_text(product->currency), pg_bool(product->is_active),
                             pg_time(product->updated_at_us), pg_text(actor)));
        return catalog_sql_write(repo, batch, (Bytes) { 0 }, "products_sku_key", ret_verdict);
}
