#include "data/saga_settle.h"

#include "data/saga_store.h"

/* The settlements as columns, for unnest. */
typedef struct Columns {
        size_t n;
        const char **order_ids;
        const char **problems; /* "": none, as below */
        const char **reviews;
        int64_t *epochs;
        int64_t *pauses_ms;
        bool has_problems;
        bool has_healed;
        bool has_reviews;
} Columns;

static Columns columns_of(Arena *arena, const Settlement *settlements, size_t n) {
        Columns columns = {
                .n = n,
                .order_ids = ARENA_ARRAY(arena, const char *, n),
                .problems = ARENA_ARRAY(arena, const char *, n),
                .reviews = ARENA_ARRAY(arena, const char *, n),
                .epochs = ARENA_ARRAY(arena, int64_t, n),
                .pauses_ms = ARENA_ARRAY(arena, int64_t, n),
        };

        for (size_t i = 0; i < n; i++) {
                const Settlement *settlement = &settlements[i];

                columns.order_ids[i] = settlement->saga->order_id;
                columns.epochs[i] = settlement->saga->epoch;
                columns.problems[i] = str_or_empty(settlement->problem);
                columns.reviews[i] = str_or_empty(settlement->review);
                columns.pauses_ms[i] = settlement->pause_ms;
                columns.has_problems |= settlement->problem != NULL;
                columns.has_reviews |= !str_is_empty(columns.reviews[i]);
                columns.has_healed |= !settlement->problem && settlement->saga->attempts > 0;
        }
        return columns;
}

/* A saga that somebody else has taken meanwhile has another epoch, and is not touched. */
static const PgStatement sql_end = PG_WRITE(
        "UPDATE order_sagas s"
        "   SET step = CASE WHEN i.problem = '' THEN 'DONE' ELSE 'SETTLE' END,"
        "       due_at = CASE WHEN i.problem <> '' THEN now() + i.pause_ms * interval '1 ms' END,"
        "       forget_at = CASE WHEN i.problem = '' THEN " SAGA_FORGET_AT " END,"
        "       owner = NULL, lease_until = NULL,"
        "       attempts = CASE WHEN i.problem = '' THEN s.attempts ELSE s.attempts + 1 END,"
        "       last_error = nullif(i.problem, ''), updated_at = now()"
        "  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[])"
        "       AS i (order_id, epoch, problem, pause_ms)"
        " WHERE s.order_id = i.order_id AND s.epoch = i.epoch AND s.step = 'SETTLE'");

static const PgStatement sql_note = PG_WRITE(
        "UPDATE orders o"
        "   SET metadata = o.metadata || jsonb_build_object('reservation_confirmation_errors',"
        "                                                   ARRAY[i.problem])"
        "  FROM unnest($1::text[], $2::bigint[], $3::text[]) AS i (order_id, epoch, problem)"
        "  JOIN order_sagas s ON s.order_id = i.order_id AND s.epoch = i.epoch"
        " WHERE o.order_id = i.order_id AND i.problem <> ''");

static const PgStatement sql_heal = PG_WRITE(
        "UPDATE orders o SET metadata = o.metadata - 'reservation_confirmation_errors'"
        "  FROM unnest($1::text[], $2::text[]) AS i (order_id, problem)"
        " WHERE o.order_id = i.order_id AND i.problem = ''"
        "   AND o.metadata ? 'reservation_confirmation_errors'");

/* Behind the end of its saga, whose row is locked: while that is tried again, nothing is noted. */
static const PgStatement sql_review = PG_WRITE(
        "INSERT INTO order_manual_reviews (order_id, reason)"
        " SELECT i.order_id, i.review"
        "   FROM unnest($1::text[], $2::bigint[], $3::text[]) AS i (order_id, epoch, review)"
        "   JOIN order_sagas s ON s.order_id = i.order_id AND s.epoch = i.epoch AND s.step = 'DONE'"
        "  WHERE i.review <> ''");

const Error *order_saga_settle(PgPool *pool, Ctx *ctx, const Settlement *settlements, size_t n) {
        PgBatch *batch = pg_batch_new(pool, ctx);
        Columns columns = columns_of(ctx->arena, settlements, n);
        PgArg order_ids = pg_text_array(columns.order_ids, n);
        PgArg epochs = pg_int64_array(columns.epochs, n);
        PgArg problems = pg_text_array(columns.problems, n);

        pg_batch_add(batch, &sql_end,
                     PG_ARGS(order_ids, epochs, problems, pg_int64_array(columns.pauses_ms, n)));
        if (columns.has_reviews)
                pg_batch_add(batch, &sql_review,
                             PG_ARGS(order_ids, epochs, pg_text_array(columns.reviews, n)));
        if (columns.has_problems)
                pg_batch_add(batch, &sql_note, PG_ARGS(order_ids, epochs, problems));
        if (columns.has_healed)
                pg_batch_add(batch, &sql_heal, PG_ARGS(order_ids, problems));
        return pg_batch_run(batch);
}
