#include "data/replay.h"

#include "data/outbox_store_private.h"
#include "pg/reader.h"

#define REPLAY_PAGE 5000

static const PgStatement sql_read_mark = PG_READ("SELECT created_us, last_sequence FROM outbox_stream");

const Error *relay_replay_read_mark(RelayStore *self, Ctx *ctx, RelayStreamMark *ret_known) {
        RelayStreamMark known = { 0 };
        const PgRows *rows;

        TRY(pg_run(((OutboxStore *) self)->pool, ctx, &sql_read_mark, PG_NO_ARGS, &rows));
        if (pg_rows_count(rows) > 0) {
                PgReader at = pg_reader(rows, 0);

                known.created_us = pg_next_int64(&at);
                known.last_sequence = pg_next_int64(&at);
                TRY(pg_reader_end(&at));
        }
        *ret_known = known;
        return NULL;
}

static const PgStatement sql_first_stream = PG_WRITE(
        "INSERT INTO outbox_stream (created_us, last_sequence) VALUES ($1, $2) ON CONFLICT DO NOTHING");

/* A loss during a replay begins it anew, and never with less. */
static const PgStatement sql_note_loss = PG_WRITE(
        "UPDATE outbox_stream SET created_us = $1, last_sequence = $2, epoch = epoch + 1,"
        "       is_replaying = true, replay_after_id = 0,"
        "       replay_above = CASE WHEN is_replaying THEN least(replay_above, $3) ELSE $3 END"
        " WHERE created_us = $4 AND last_sequence >= $5");

const Error *relay_replay_adopt_stream(RelayStore *self, Ctx *ctx, RelayStreamMark known,
                                       RelayStreamMark found, int64_t lost_above) {
        OutboxStore *store = (OutboxStore *) self;
        PgArgs first = PG_ARGS(pg_int64(found.created_us), pg_int64(found.last_sequence));
        PgArgs loss = PG_ARGS(pg_int64(found.created_us), pg_int64(found.last_sequence), pg_int64(lost_above),
                              pg_int64(known.created_us), pg_int64(known.last_sequence));

        if (known.created_us == 0)
                TRY(pg_run(store->pool, ctx, &sql_first_stream, first, NULL));
        else if (lost_above != RELAY_NOTHING_LOST)
                TRY(pg_run(store->pool, ctx, &sql_note_loss, loss, NULL));
        store->stream_created_us = found.created_us;
        return NULL;
}

/* Walks the primary key, as the purge does; what was marked since the loss was noted has its epoch. */
static const PgStatement sql_replay = PG_WRITE(
        "WITH loss AS (SELECT epoch, replay_above, replay_after_id FROM outbox_stream"
        "               WHERE is_replaying FOR UPDATE),"
        "     page AS (SELECT o.id, o.stream_epoch < epoch AND o.stream_sequence > replay_above AS is_lost"
        "                FROM loss"
        "               CROSS JOIN LATERAL (SELECT id, stream_epoch, stream_sequence FROM outbox"
        "                                    WHERE id > replay_after_id ORDER BY id LIMIT $1) AS o),"
        "     again AS (UPDATE outbox SET processed_at = NULL, stream_sequence = NULL FROM page"
        "                WHERE outbox.id = page.id AND page.is_lost),"
        "     moved AS (UPDATE outbox_stream SET replay_after_id = coalesce((SELECT max(id) FROM page), 0),"
        "                      is_replaying = EXISTS (SELECT FROM page)"
        "                WHERE is_replaying)"
        " SELECT NOT EXISTS (SELECT FROM page)");

const Error *relay_replay_page(RelayStore *self, Ctx *ctx, bool *ret_is_done) {
        OutboxStore *store = (OutboxStore *) self;
        const PgRows *rows;
        bool is_mine = relay_ownership_has(store->ownership, 0);

        if (is_mine)
                TRY(pg_run(store->pool, ctx, &sql_replay, PG_ARGS(pg_int64(REPLAY_PAGE)), &rows));
        *ret_is_done = !is_mine || pg_get_bool(rows, 0, 0);
        return NULL;
}
