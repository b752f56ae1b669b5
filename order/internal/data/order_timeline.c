#include "data/order_timeline.h"

#include "data/order_rows.h"
#include "pg/reader.h"

static const PgStatement sql_moves = PG_READ(
        "SELECT version, from_status, to_status, reason, actor, created_at"
        "  FROM order_history WHERE order_id = $1 ORDER BY version");

static const Error *read_move(Arena *arena, const PgRows *rows, size_t row, TimelineMove *move) {
        PgReader at = pg_reader(rows, row);

        move->version = pg_next_int64(&at);
        const char *from = pg_next_text_or_null(&at);
        if (from)
                TRY(order_rows_status(arena, from, &move->from));
        TRY(order_rows_status(arena, pg_next_text(&at), &move->to));
        move->reason = pg_next_text_or_null(&at);
        move->actor = pg_next_text(&at);
        move->moved_at_us = pg_next_time(&at);
        return pg_reader_end(&at);
}

static const PgStatement sql_events = PG_READ(
        "SELECT aggregate_version, event_type, event_id::text, created_at, processed_at, stream_sequence"
        "  FROM outbox WHERE aggregate_type = 'order' AND aggregate_id = $1 ORDER BY aggregate_version");

static const Error *read_event(const PgRows *rows, size_t row, TimelineEvent *event) {
        PgReader at = pg_reader(rows, row);

        event->version = pg_next_int64(&at);
        event->type = pg_next_text(&at);
        event->event_id = pg_next_text(&at);
        event->written_at_us = pg_next_time(&at);
        event->published_at_us = pg_next_time_or_zero(&at);
        event->stream_sequence = pg_next_int64_or_zero(&at);
        return pg_reader_end(&at);
}

static const PgStatement sql_saga = PG_READ(
        "SELECT step, attempts, last_error, created_at, updated_at, due_at"
        "  FROM order_sagas WHERE order_id = $1");

static const Error *read_saga(const PgRows *rows, TimelineSaga *saga) {
        PgReader at = pg_reader(rows, 0);

        saga->step = pg_next_text(&at);
        saga->attempts = pg_next_int64(&at);
        saga->last_error = pg_next_text_or_null(&at);
        saga->started_at_us = pg_next_time(&at);
        saga->changed_at_us = pg_next_time(&at);
        saga->due_at_us = pg_next_time_or_zero(&at);
        return pg_reader_end(&at);
}

static const Error *read_timeline(Arena *arena, const PgRows *moves, const PgRows *events,
                                  const PgRows *sagas, Timeline *ret_timeline) {
        Timeline timeline = { .n_moves = pg_rows_count(moves), .n_events = pg_rows_count(events) };
        TimelineSaga *saga = ARENA_NEW(arena, TimelineSaga);

        timeline.moves = ARENA_ARRAY(arena, TimelineMove, timeline.n_moves);
        for (size_t i = 0; i < timeline.n_moves; i++)
                TRY(read_move(arena, moves, i, &timeline.moves[i]));
        timeline.events = ARENA_ARRAY(arena, TimelineEvent, timeline.n_events);
        for (size_t i = 0; i < timeline.n_events; i++)
                TRY(read_event(events, i, &timeline.events[i]));
        if (pg_rows_count(sagas) > 0) {
                TRY(read_saga(sagas, saga));
                timeline.saga = saga;
        }
        *ret_timeline = timeline;
        return NULL;
}

const Error *order_timeline_load(PgPool *pool, Ctx *ctx, const char *order_id, Timeline *ret_timeline) {
        PgBatch *batch = pg_batch_new(pool, ctx);
        PgArg order = pg_text(order_id);

        pg_batch_add(batch, &sql_moves, PG_ARGS(order));
        pg_batch_add(batch, &sql_events, PG_ARGS(order));
        pg_batch_add(batch, &sql_saga, PG_ARGS(order));
        TRY(pg_batch_run(batch));
        return read_timeline(ctx->arena, pg_batch_rows(batch, 0), pg_batch_rows(batch, 1),
                             pg_batch_rows(batch, 2), ret_timeline);
}
