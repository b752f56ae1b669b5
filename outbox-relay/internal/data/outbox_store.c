#include "data/outbox_store_private.h"
#include "pg/migrate.h"
#include "pg/reader.h"
#include "relay_migrations.h"

#define PURGE_PAGE 1000

static PgArg owned_partitions(const OutboxStore *store) {
        const Owned *owned = relay_ownership_owned(store->ownership);

        return pg_int64_array(owned->partitions, owned->n);
}

/*
 * Each partition's own index order ends the scan at the limit, however long the backlog is; order across
 * partitions means nothing. Partitions of one aggregate's events are equal, so order per aggregate is order
 * by id. An event whose predecessor the stream has lost waits until that one is to be published again.
 */
static const PgStatement sql_read = PG_READ(
        "SELECT event.id, event.event_id, event.aggregate_type, event.aggregate_id, event.aggregate_version,"
        "       event.event_type, event.payload, event.traceparent, event.retry_count,"
        "       before.aggregate_version, before.stream_sequence, before.waits_for_id"
        "  FROM unnest($1::bigint[]) AS owned (partition)"
        " CROSS JOIN LATERAL ("
        "       SELECT id, event_id, aggregate_type, aggregate_id, aggregate_version, event_type,"
        "              payload::text AS payload, traceparent, retry_count"
        "         FROM outbox"
        "        WHERE outbox.partition = owned.partition AND processed_at IS NULL"
        "          AND (next_attempt_at IS NULL OR is_over(next_attempt_at, $3 * interval '1 ms'))"
        "          AND NOT EXISTS (SELECT FROM outbox AS waiting"
        "                           WHERE waiting.aggregate_type = outbox.aggregate_type"
        "                             AND waiting.aggregate_id = outbox.aggregate_id"
        "                             AND waiting.aggregate_version < outbox.aggregate_version"
        "                             AND waiting.processed_at IS NULL"
        "                             AND NOT is_over(waiting.next_attempt_at, $3 * interval '1 ms'))"
        "          AND NOT EXISTS (SELECT FROM outbox_dead AS dead"
        "                           WHERE dead.aggregate_type = outbox.aggregate_type"
        "                             AND dead.aggregate_id = outbox.aggregate_id"
        "                             AND dead.aggregate_version < outbox.aggregate_version)"
        "        ORDER BY id LIMIT $2) AS event"
        "  LEFT JOIN LATERAL ("
        "       SELECT aggregate_version, stream_sequence, stream_epoch,"
        "              CASE WHEN processed_at IS NULL THEN id END AS waits_for_id"
        "         FROM outbox"
        "        WHERE event.aggregate_version > 1 AND outbox.aggregate_type = event.aggregate_type"
        "          AND outbox.aggregate_id = event.aggregate_id"
        "          AND outbox.aggregate_version < event.aggregate_version"
        "        ORDER BY outbox.aggregate_version DESC LIMIT 1) AS before ON true"
        " WHERE NOT EXISTS (SELECT FROM outbox_stream AS s"
        "                    WHERE s.is_replaying AND before.stream_epoch < s.epoch"
        "                      AND before.stream_sequence > s.replay_above)"
        " ORDER BY event.id");

static const Error *read_event(const PgRows *rows, size_t row, RelayEvent *event) {
        PgReader at = pg_reader(rows, row);

        event->id = pg_next_int64(&at);
        event->event_id = pg_next_text(&at);
        event->aggregate_type = pg_next_text(&at);
        event->aggregate_id = pg_next_text(&at);
        event->aggregate_version = pg_next_int64(&at);
        event->event_type = pg_next_text(&at);
        event->payload = pg_next_text(&at);
        event->traceparent = pg_next_text_or_null(&at);
        event->retry_count = pg_next_int64(&at);
        event->previous_version = pg_next_int64_or_zero(&at);
        event->previous_sequence = pg_next_int64_or_zero(&at);
        event->waits_for_id = pg_next_int64_or_zero(&at);
        return pg_reader_end(&at);
}

static size_t limit_per_partition(const OutboxStore *store) {
        size_t n_owned = relay_ownership_owned(store->ownership)->n;

        return (store->batch_limit + n_owned - 1) / n_owned;
}

static const Error *read_events(RelayStore *self, Ctx *ctx, RelayEvent **ret_events, size_t *ret_n,
                                bool *ret_is_full) {
        OutboxStore *store = (OutboxStore *) self;
        const PgRows *rows;

        *ret_n = 0;
        *ret_is_full = false;
        if (relay_ownership_owned(store->ownership)->n == 0)
                return NULL;
        size_t limit = limit_per_partition(store);
        TRY(pg_run(store->pool, ctx, &sql_read,
                   PG_ARGS(owned_partitions(store), pg_int64((int64_t) limit),
                           pg_int64(relay_retry_delay_ms(RELAY_MAX_TRIES))),
                   &rows));
        size_t n = pg_rows_count(rows);
        RelayEvent *events = ARENA_ARRAY(ctx->arena, RelayEvent, n);
        for (size_t i = 0; i < n; i++)
                TRY(read_event(rows, i, &events[i]));
        *ret_events = events;
        *ret_n = n;
        *ret_is_full = n >= limit;
        return NULL;
}

/* The rows stay share-locked to the end: a new owner raises an epoch wholly before or wholly after. */
static const PgStatement sql_fence =
        PG_WRITE("SELECT require_rows(CASE WHEN count(*) = cardinality($1::bigint[]) THEN 1 ELSE 0 END,"
                 "                    '" INNER_RELAY_FENCED "')"
                 "  FROM (SELECT FROM outbox_partition AS p"
                 "          JOIN unnest($1::bigint[], $2::bigint[]) AS mine (partition, epoch)"
                 "            ON p.partition = mine.partition AND p.epoch = mine.epoch"
                 "           FOR SHARE OF p) AS held");

static void add_fence(PgBatch *batch, const OutboxStore *store) {
        const Owned *owned = relay_ownership_owned(store->ownership);

        pg_batch_add(batch, &sql_fence,
                     PG_ARGS(owned_partitions(store), pg_int64_array(owned->epochs, owned->n)));
}

static int64_t highest(const int64_t *numbers, size_t n) {
        int64_t result = 0;

        for (size_t i = 0; i < n; i++)
                result = numbers[i] > result ? numbers[i] : result;
        return result;
}

static const PgStatement sql_note_sequence =
        PG_WRITE("WITH noted AS (UPDATE outbox_stream SET last_sequence = greatest(last_sequence, $2)"
                 "                WHERE created_us = $1 RETURNING 1)"
                 " SELECT require_rows((SELECT count(*) FROM noted), '" INNER_RELAY_STREAM_CHANGED "')");

static const PgStatement sql_mark = PG_WRITE(
        "UPDATE outbox SET processed_at = now(), stream_sequence = stored.sequence, next_attempt_at = NULL,"
        "                  stream_epoch = (SELECT epoch FROM outbox_stream)"
        "  FROM unnest($1::bigint[], $2::bigint[]) AS stored (id, sequence)"
        " WHERE outbox.id = stored.id AND processed_at IS NULL");

static void add_marks(PgBatch *batch, const OutboxStore *store, const RelaySettlement *settlement) {
        size_t n = settlement->n_stored;

        pg_batch_add(batch, &sql_note_sequence,
                     PG_ARGS(pg_int64(store->stream_created_us),
                             pg_int64(highest(settlement->stored_sequences, n))));
        pg_batch_add(batch, &sql_mark,
                     PG_ARGS(pg_int64_array(settlement->stored_ids, n),
                             pg_int64_array(settlement->stored_sequences, n)));
}

static const PgStatement sql_retry =
        PG_WRITE("UPDATE outbox SET retry_count = retry_count + 1, last_error = refused.problem,"
                 "                  next_attempt_at = now() + refused.delay_ms * interval '1 millisecond'"
                 "  FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS refused (id, delay_ms, problem)"
                 " WHERE outbox.id = refused.id");

static const PgStatement sql_bury = PG_WRITE(
        "WITH gone AS (DELETE FROM outbox USING unnest($1::bigint[], $2::text[]) AS refused (id, problem)"
        "               WHERE outbox.id = refused.id RETURNING outbox.*, refused.problem)"
        " INSERT INTO outbox_dead (id, event_id, aggregate_type, aggregate_id, aggregate_version, event_type,"
        "                          payload, partition, traceparent, created_at, retry_count, last_error)"
        " SELECT id, event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,"
        "        partition, traceparent, created_at, retry_count + 1, problem FROM gone");

static const Error *settle_events(RelayStore *self, Ctx *ctx, const RelaySettlement *settlement) {
        OutboxStore *store = (OutboxStore *) self;
        PgBatch *batch = pg_batch_new(store->pool, ctx);

        add_fence(batch, store);
        if (settlement->n_stored > 0)
                add_marks(batch, store, settlement);
        if (settlement->n_retries > 0)
                pg_batch_add(batch, &sql_retry,
                             PG_ARGS(pg_int64_array(settlement->retry_ids, settlement->n_retries),
                                     pg_int64_array(settlement->retry_delays_ms, settlement->n_retries),
                                     pg_text_array(settlement->retry_problems, settlement->n_retries)));
        if (settlement->n_dead > 0)
                pg_batch_add(batch, &sql_bury,
                             PG_ARGS(pg_int64_array(settlement->dead_ids, settlement->n_dead),
                                     pg_text_array(settlement->dead_problems, settlement->n_dead)));
        const Error *error = pg_batch_run(batch);
        if (error_is(error, INNER_RELAY_FENCED))
                relay_ownership_forget(store->ownership);
        return error;
}

RelayStore *relay_outbox_store_new(Arena *arena, PgPool *pool, Ownership *ownership, size_t batch_limit) {
        OutboxStore *store = ARENA_NEW(arena, OutboxStore);

        *store = (OutboxStore) {
                .base = { .read = read_events, .settle = settle_events },
                .pool = pool,
                .ownership = ownership,
                .batch_limit = batch_limit,
        };
        return &store->base;
}

const Error *relay_outbox_store_migrate(RelayStore *self, Ctx *ctx) {
        return pg_migrate(((OutboxStore *) self)->pool, ctx, &relay_schema);
}

/*
 * Walks the primary key in pages, because an index on processed_at would cost every mark a further index
 * entry. Ids grow with time, so the walk ends at the first page that is all too young, then begins anew.
 */
static const PgStatement sql_purge = PG_WRITE(
        "WITH page AS (SELECT id, created_at, processed_at FROM outbox WHERE id > $1 ORDER BY id LIMIT $2),"
        "     gone AS (DELETE FROM outbox USING page"
        "               WHERE outbox.id = page.id"
        "                 AND page.processed_at < now() - $3::bigint * interval '1 millisecond')"
        " SELECT max(id), coalesce(min(created_at) < now() - $3::bigint * interval '1 millisecond', false)"
        "   FROM page");

const Error *relay_outbox_store_purge(RelayStore *self, Ctx *ctx, int64_t retention_ms, bool *ret_is_done) {
        OutboxStore *store = (OutboxStore *) self;
        const PgRows *rows;
        bool has_old = false;

        if (relay_ownership_has(store->ownership, 0)) {
                TRY(pg_run(store->pool, ctx, &sql_purge,
                           PG_ARGS(pg_int64(store->purge_after_id), pg_int64(PURGE_PAGE),
                                   pg_int64(retention_ms)),
                           &rows));
                PgReader at = pg_reader(rows, 0);
                int64_t last_id = pg_next_int64_or_zero(&at);
                has_old = pg_next_bool(&at);
                TRY(pg_reader_end(&at));
                store->purge_after_id = has_old ? last_id : 0;
        }
        *ret_is_done = !has_old;
        return NULL;
}

static const PgStatement sql_lag = PG_READ(
        "SELECT (SELECT count(*) FROM (SELECT FROM outbox WHERE partition = ANY($1::bigint[])"
        "                                 AND processed_at IS NULL LIMIT $2) AS pending),"
        "       coalesce((SELECT (extract(epoch FROM now() - min(oldest.created_at)) * 1000)::bigint"
        "                   FROM unnest($1::bigint[]) AS owned (partition)"
        "                  CROSS JOIN LATERAL (SELECT created_at FROM outbox"
        "                                       WHERE outbox.partition = owned.partition"
        "                                         AND processed_at IS NULL"
        "                                       ORDER BY id LIMIT 1) AS oldest), 0),"
        "       (SELECT count(*) FROM outbox_dead WHERE partition = ANY($1::bigint[]))");

const Error *relay_outbox_store_lag(RelayStore *self, Ctx *ctx, OutboxLag *ret_lag) {
        OutboxStore *store = (OutboxStore *) self;
        const PgRows *rows;

        TRY(pg_run(store->pool, ctx, &sql_lag,
                   PG_ARGS(owned_partitions(store), pg_int64(OUTBOX_LAG_MAX_COUNT)), &rows));
        PgReader at = pg_reader(rows, 0);
        OutboxLag lag;
        lag.n_pending = pg_next_int64(&at);
        lag.oldest_age_ms = pg_next_int64(&at);
        lag.n_dead = pg_next_int64(&at);
        TRY(pg_reader_end(&at));
        *ret_lag = lag;
        return NULL;
}
