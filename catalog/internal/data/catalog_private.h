/* What the files of the repository share. */
#pragma once

#include "data/catalog_repo.h"
#include "pg/batch.h"

typedef struct PgCatalogRepo {
        CatalogRepo base;
        PgPool *pool;
        ProductCache *cache;
} PgCatalogRepo;

/* The line of the history for the rows that a statement has written, which it calls by that name. */
#define ADD_HISTORY(subject, id, rows, actor)                                                                \
        " INSERT INTO product_history (subject, subject_id, version, actor, content)"                        \
        " SELECT '" subject "', " id ", version, " actor ", to_jsonb(" rows ") - 'search' FROM " rows

/*
 * Runs a batch of a write, with the answer of a creating call; without one it has no bytes.
 *
 * taken      the constraint that says that the key is another's
 * errors     those of pg_batch_run
 */
const Error *catalog_sql_write(PgCatalogRepo *repo, PgBatch *batch, Bytes answer, const char *taken,
                               CatalogVerdict *ret_verdict) MUST_CHECK;

/* The names under which fences fail: it has another version; there are too many categories above it. */
#define INNER_OTHER_VERSION "OTHER_VERSION"
#define INNER_TOO_DEEP "TOO_DEEP"

/* These two are those of the repository. */
const Error *catalog_sql_insert_product(CatalogRepo *self, Ctx *ctx, const Product *product,
                                        const char *actor, Bytes answer,
                                        CatalogVerdict *ret_verdict) MUST_CHECK;
const Error *catalog_sql_update_product(CatalogRepo *self, Ctx *ctx, const Product *product,
                                        const char *actor, CatalogVerdict *ret_verdict) MUST_CHECK;
