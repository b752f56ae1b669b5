#include "data/fulfilment_repo.h"

#include "data/fulfilment_private.h"

static const PgStatement sql_tidy = PG_WRITE(
        "DELETE FROM fulfilments"
        " WHERE order_id IN (SELECT order_id FROM fulfilments"
        "                     WHERE n_shipments = 0 AND created_at <= now() - interval '24 hours'"
        "                     ORDER BY created_at LIMIT $1)");

const Error *shipping_sql_tidy(FulfilmentRepo *self, Ctx *ctx, size_t limit, size_t *ret_n_forgotten) {
        const PgRows *rows;

        TRY(pg_run(((PgFulfilmentRepo *) self)->pool, ctx, &sql_tidy, PG_ARGS(pg_int64((int64_t) limit)),
                   &rows));
        *ret_n_forgotten = pg_rows_affected(rows);
        return NULL;
}

FulfilmentRepo *shipping_fulfilment_repo_new(Arena *arena, PgPool *pool) {
        PgFulfilmentRepo *repo = ARENA_NEW(arena, PgFulfilmentRepo);

        *repo = (PgFulfilmentRepo) {
                .base = {
                        .find = shipping_sql_find,
                        .find_of = shipping_sql_find_of,
                        .history = shipping_sql_history,
                        .list = shipping_sql_list,
                        .save = shipping_sql_save,
                        .cancel = shipping_sql_cancel,
                        .tidy = shipping_sql_tidy,
                },
                .pool = pool,
        };
        return &repo->base;
}
