#include "events/inbox_private.h"

#include <stdio.h>

#include "base/str.h"
#include "pg/reader.h"

#define SWEEP_PAGE 1000

/* OFFSET 0 has each row looked up by its key: joined freely, a plan may read all that the inbox remembers. */
static const PgStatement sql_last_versions = PG_READ(
        "SELECT coalesce(i.version, 0)"
        "  FROM unnest($3) WITH ORDINALITY AS wanted (aggregate_id, place)"
        "  LEFT JOIN LATERAL (SELECT version FROM inbox"
        "                      WHERE consumer = $1 AND aggregate_type = $2"
        "                        AND aggregate_id = wanted.aggregate_id OFFSET 0) i ON true"
        " ORDER BY wanted.place");

static const char *const *aggregate_ids(Arena *arena, const InboxItem *items, size_t n) {
        const char **ids = ARENA_ARRAY(arena, const char *, n);

        for (size_t i = 0; i < n; i++)
                ids[i] = items[i].aggregate_id;
        return ids;
}

/* The version before item i: what an earlier item of the call moves it to, or else the row's. */
static int64_t version_before(const InboxItem *items, size_t i, int64_t stored) {
        for (size_t k = i; k-- > 0;)
                if (items[k].verdict == INBOX_NEXT && str_equal(items[k].aggregate_id, items[i].aggregate_id))
                        return items[k].version;
        return stored;
}

static InboxVerdict verdict(const InboxItem *item) {
        if (item->version <= item->last_version)
                return INBOX_DUPLICATE;
        return item->previous_version <= item->last_version ? INBOX_NEXT : INBOX_EARLY;
}

const Error *inbox_judge(const Inbox *inbox, Ctx *ctx, InboxItem *items, size_t n) {
        const PgRows *rows;

        TRY(pg_run(inbox->pool, ctx, &sql_last_versions,
                   PG_ARGS(pg_text(inbox->consumer), pg_text(inbox->aggregate_type),
                           pg_text_array(aggregate_ids(ctx->arena, items, n), n)),
                   &rows));
        for (size_t i = 0; i < n; i++) {
                items[i].last_version = version_before(items, i, pg_get_int64(rows, i, 0));
                items[i].verdict = verdict(&items[i]);
        }
        return NULL;
}

/*
 * Rows are taken in the order of their ids, so that two consumers of the same aggregates cannot deadlock. A
 * row that is no longer where it was judged stays, the count falls short, and the fence undoes everything.
 */
static const PgStatement sql_move = PG_WRITE(
        "WITH wanted AS MATERIALIZED ("
        "        SELECT w.aggregate_id, w.to_version"
        "          FROM unnest($3, $4, $5) AS w (aggregate_id, from_version, to_version)"
        "          LEFT JOIN LATERAL (SELECT version FROM inbox"
        "                              WHERE consumer = $1 AND aggregate_type = $2"
        "                                AND aggregate_id = w.aggregate_id OFFSET 0) i"
        "            ON true"
        "         WHERE w.from_version = coalesce(i.version, 0)"
        "         ORDER BY w.aggregate_id"
        "), moved AS ("
        "        INSERT INTO inbox AS i (consumer, aggregate_type, aggregate_id, version)"
        "        SELECT $1, $2, aggregate_id, to_version FROM wanted"
        "        ON CONFLICT (consumer, aggregate_type, aggregate_id) DO UPDATE"
        "           SET version = excluded.version, updated_at = now()"
        "         WHERE i.version = $4[array_position($3, i.aggregate_id)]"
        "        RETURNING 1"
        ") SELECT require_rows((count(*) = $6)::integer, '" INNER_INBOX_MOVED "') FROM moved");

/* What the NEXT items of a call do to the rows: one move per aggregate. */
typedef struct Moves {
        const char **aggregate_ids;
        int64_t *from_versions;
        int64_t *to_versions;
        size_t n;
} Moves;

static void add_move(Moves *moves, const InboxItem *item) {
        for (size_t i = 0; i < moves->n; i++)
                if (str_equal(moves->aggregate_ids[i], item->aggregate_id)) {
                        moves->to_versions[i] = item->version;
                        return;
                }
        moves->aggregate_ids[moves->n] = item->aggregate_id;
        moves->from_versions[moves->n] = item->last_version;
        moves->to_versions[moves->n++] = item->version;
}

void inbox_move(const Inbox *inbox, PgBatch *batch, const InboxItem *items, size_t n) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        Moves moves = {
                .aggregate_ids = ARENA_ARRAY(arena, const char *, n),
                .from_versions = ARENA_ARRAY(arena, int64_t, n),
                .to_versions = ARENA_ARRAY(arena, int64_t, n),
        };

        for (size_t i = 0; i < n; i++)
                if (items[i].verdict == INBOX_NEXT)
                        add_move(&moves, &items[i]);
        if (moves.n == 0)
                return;
        pg_batch_add(batch, &sql_move,
                     PG_ARGS(pg_text(inbox->consumer), pg_text(inbox->aggregate_type),
                             pg_text_array(moves.aggregate_ids, moves.n),
                             pg_int64_array(moves.from_versions, moves.n),
                             pg_int64_array(moves.to_versions, moves.n), pg_int64((int64_t) moves.n)));
}

static const PgStatement sql_keep = PG_WRITE(
        "INSERT INTO inbox_dead (consumer, event_id, subject, payload, reason) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (consumer, event_id) DO NOTHING");

const Error *inbox_park(const Inbox *inbox, Ctx *ctx, const InboxDead *dead, InboxItem *item) {
        PgBatch *batch = pg_batch_new(inbox->pool, ctx);

        if (item)
                TRY(inbox_judge(inbox, ctx, item, 1));
        if (item && item->verdict != INBOX_NEXT)
                return NULL;
        pg_batch_add(batch, &sql_keep,
                     PG_ARGS(pg_text(inbox->consumer), pg_text(dead->event_id), pg_text(dead->subject),
                             pg_bytes(dead->payload), pg_text(dead->reason)));
        if (item)
                inbox_move(inbox, batch, item, 1);
        return pg_batch_run(batch);
}

/* Only what was not moved since it was read goes: the row is locked and looked at again by the DELETE. */
static const PgStatement sql_sweep = PG_WRITE(
        "WITH page AS (SELECT aggregate_id, created_at FROM inbox"
        "               WHERE consumer = $1 AND aggregate_type = $2 AND aggregate_id > $3"
        "               ORDER BY aggregate_id LIMIT $4),"
        "     gone AS (DELETE FROM inbox USING page"
        "               WHERE consumer = $1 AND aggregate_type = $2"
        "                 AND inbox.aggregate_id = page.aggregate_id"
        "                 AND updated_at < now() - $5 * interval '1 hour')"
        " SELECT max(aggregate_id), coalesce(min(created_at) < now() - $5 * interval '1 hour', false)"
        "   FROM page");

const Error *inbox_sweep(InboxSweep *sweep, Ctx *ctx, bool *ret_more) {
        const PgRows *rows;

        TRY(pg_run(sweep->inbox->pool, ctx, &sql_sweep,
                   PG_ARGS(pg_text(sweep->inbox->consumer), pg_text(sweep->inbox->aggregate_type),
                           pg_text(sweep->after), pg_int64(SWEEP_PAGE), pg_int64(sweep->retention_hours)),
                   &rows));
        PgReader at = pg_reader(rows, 0);
        const char *last = pg_next_text_or_null(&at);
        bool has_old = pg_next_bool(&at);
        TRY(pg_reader_end(&at));
        snprintf(sweep->after, sizeof(sweep->after), "%s", has_old ? last : "");
        *ret_more = has_old;
        return NULL;
}
