#include "server/source.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "data/outbox_store.h"
#include "data/replay.h"
#include "server/event_publisher.h"

#define N_CONNECTIONS 1
#define STATEMENT_TIMEOUT_MS 5000
#define STEP_TIMEOUT_MS 20000
#define HOUSEKEEPING_MS 5000
#define STREAM_CHECK_MS 10000

/* The pause after a failure of database or bus. */
#define FAILURE_PAUSE_MS 250

struct RelaySource {
        Arena *arena;
        const char *name;
        const RelayConfig *config;
        Bus *bus;
        Doorbell *doorbell;
        const RelayMetrics *metrics;
        pthread_t thread;
        atomic_bool is_store_away;
        /* of the thread alone */
        PgPool *pool;
        Ownership *ownership;
        RelayStore *store;
        BusPublisher *bus_publisher;
        RelayPublisher *publisher;
        bool is_migrated;
        size_t n_owned; /* as logged last */
        int64_t tend_us;
        int64_t housekeeping_us;
        int64_t stream_us;
        unsigned n_losses; /* of the bus when the stream was compared last */
        bool is_stream_known;
        bool is_replaying; /* there may be events to publish again */
        int64_t pause_ms;
        uint64_t n_rings_seen;
        char trouble[256]; /* as logged last; "" while all is well */
};

#define SOURCE_LABEL(source) METRIC_LABELS({ "source", (source)->name })

static bool is_due(int64_t *due_us, int64_t interval_ms) {
        int64_t now_us = clock_monotonic_us();

        if (now_us < *due_us)
                return false;
        *due_us = now_us + interval_ms * 1000;
        return true;
}

static void report_owned(RelaySource *source) {
        size_t n_owned = relay_ownership_owned(source->ownership)->n;

        if (n_owned != source->n_owned)
                log_info("relay partitions", log_text("source", source->name),
                         log_number("owned", (int64_t) n_owned));
        source->n_owned = n_owned;
        metric_set(source->metrics->partitions, (int64_t) n_owned, SOURCE_LABEL(source));
}

static const Error *tend(RelaySource *source, Ctx *ctx) {
        if (!is_due(&source->tend_us, OWNERSHIP_TEND_MS))
                return NULL;
        const Error *error = relay_ownership_tend(source->ownership, ctx);
        report_owned(source);
        return error;
}

static const Error *purge(RelaySource *source, Ctx *ctx) {
        bool is_done = false;

        while (!is_done && !relay_doorbell_is_over(source->doorbell) &&
               ctx_remaining_ms(ctx) > STATEMENT_TIMEOUT_MS)
                TRY(relay_outbox_store_purge(source->store, ctx,
                                             source->config->retention_hours * 3600 * 1000, &is_done));
        return NULL;
}

static const Error *keep_house(RelaySource *source, Ctx *ctx) {
        OutboxLag lag;

        if (!is_due(&source->housekeeping_us, HOUSEKEEPING_MS))
                return NULL;
        TRY(relay_outbox_store_lag(source->store, ctx, &lag));
        metric_set(source->metrics->pending, lag.n_pending, SOURCE_LABEL(source));
        metric_set(source->metrics->oldest_age, lag.oldest_age_ms, SOURCE_LABEL(source));
        metric_set(source->metrics->dead, lag.n_dead, SOURCE_LABEL(source));
        return purge(source, ctx);
}

static void report_loss(const RelaySource *source, int64_t lost_above) {
        log_error("the stream lost events, they are published again", log_text("source", source->name),
                  log_number("above_sequence", lost_above));
}

/*
 * Before anything is published after a loss of the connection, and now and then: does the stream still have
 * what it acknowledged? What is known is read first, so that it cannot be ahead of what is found.
 */
static const Error *compare_stream(RelaySource *source, Ctx *ctx) {
        RelayStreamMark known;
        BusStreamState state;

        TRY(relay_replay_read_mark(source->store, ctx, &known));
        TRY(bus_stream_state(source->bus, ctx, &state));
        RelayStreamMark found = { state.created_us, state.last_sequence };
        int64_t lost_above = relay_lost_above(known, found);
        TRY(relay_replay_adopt_stream(source->store, ctx, known, found, lost_above));
        if (lost_above != RELAY_NOTHING_LOST)
                report_loss(source, lost_above);
        return NULL;
}

static const Error *check_stream(RelaySource *source, Ctx *ctx) {
        unsigned n_losses = bus_count_losses(source->bus);

        if (source->is_stream_known && n_losses == source->n_losses &&
            !is_due(&source->stream_us, STREAM_CHECK_MS))
                return NULL;
        source->is_stream_known = false;
        TRY(compare_stream(source, ctx));
        source->is_stream_known = true;
        source->is_replaying = true;
        source->n_losses = n_losses;
        return NULL;
}

/* A page at a time, so that what it takes back goes out before the next. */
static const Error *replay(RelaySource *source, Ctx *ctx) {
        TRY(check_stream(source, ctx));
        if (!source->is_replaying)
                return NULL;
        bool is_done;
        TRY(relay_replay_page(source->store, ctx, &is_done));
        source->is_replaying = !is_done;
        return NULL;
}

static void count(RelaySource *source, const RelayProgress *progress) {
        metric_add(source->metrics->published, (int64_t) progress->n_published, SOURCE_LABEL(source));
        metric_add(source->metrics->refused, (int64_t) progress->n_refused, SOURCE_LABEL(source));
        if (progress->n_dead > 0)
                log_warning("events parked", log_text("source", source->name),
                            log_number("events", (int64_t) progress->n_dead));
}

static const Error *prepare(RelaySource *source, Ctx *ctx) {
        if (!source->is_migrated)
                TRY(relay_outbox_store_migrate(source->store, ctx));
        source->is_migrated = true;
        TRY(tend(source, ctx));
        return keep_house(source, ctx);
}

/* One line when it turns bad, or bad in another way; one when it is well again. */
static void report(RelaySource *source, Ctx *ctx, const char *what, const Error *error) {
        LogField name = log_text("source", source->name);
        const char *problem = error ? arena_printf(ctx->arena, "%s: %s", what, error->message) : "";

        if (error && strcmp(problem, source->trouble) != 0)
                log_warning("relay waits", name, log_text("for", what), log_cause(ctx->arena, error));
        if (!error && source->trouble[0] != '\0')
                log_info("relay works again", name);
        snprintf(source->trouble, sizeof(source->trouble), "%s", problem);
}

/* Returns false when there is nothing to do but wait for database or bus. */
static bool drain(RelaySource *source, Ctx *ctx, RelayProgress *ret_progress) {
        *ret_progress = (RelayProgress) { 0 };
        const Error *error = prepare(source, ctx);
        atomic_store(&source->is_store_away, error != NULL);
        if (error) {
                report(source, ctx, "database", error);
                return false;
        }
        if (!bus_is_ready(source->bus)) {
                report(source, ctx, "bus",
                       error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "The bus is away"));
                return false;
        }
        error = replay(source, ctx);
        if (!error)
                error = relay_drain_once(source->store, source->publisher, ctx, ret_progress);
        if (error_is(error, INNER_RELAY_STREAM_CHANGED))
                source->is_stream_known = false;
        ret_progress->is_full |= source->is_replaying;
        count(source, ret_progress);
        report(source, ctx, "batch", error);
        return !error;
}

/*
 * A full batch is followed by the next at once. Anything less is followed by a short pause that hints do not
 * end, so that under load many events share a batch; then the pauses grow, and a hint ends them.
 */
static void rest(RelaySource *source, const RelayProgress *progress) {
        int64_t shortest_ms = source->config->poll_min_ms, longest_ms = source->config->poll_max_ms;

        if (progress->is_full) {
                source->pause_ms = shortest_ms;
                return;
        }
        if (progress->n_published > 0) {
                source->pause_ms = shortest_ms;
                relay_doorbell_wait(source->doorbell, NULL, shortest_ms);
                return;
        }
        relay_doorbell_wait(source->doorbell, &source->n_rings_seen, source->pause_ms);
        source->pause_ms = source->pause_ms * 2 < longest_ms ? source->pause_ms * 2 : longest_ms;
}

static void *source_main(void *arg) {
        RelaySource *source = arg;
        Arena *arena = arena_new();

        while (!relay_doorbell_is_over(source->doorbell)) {
                Ctx ctx = ctx_background(arena);
                RelayProgress progress;

                ctx_limit(&ctx, STEP_TIMEOUT_MS);
                if (drain(source, &ctx, &progress))
                        rest(source, &progress);
                else
                        relay_doorbell_wait(source->doorbell, NULL, FAILURE_PAUSE_MS);
                arena_reset(arena);
        }
        arena_free(arena);
        return NULL;
}

/* "host:pid", for people who look at outbox_partition. */
static void write_owner_name(char *ret_name, size_t n_bytes) {
        char host[64] = "?";

        gethostname(host, sizeof(host) - 1);
        snprintf(ret_name, n_bytes, "%s:%d", host, (int) getpid());
}

RelaySource *relay_source_start(const SourceSpec *spec, const RelayConfig *config, Bus *bus,
                                Doorbell *doorbell, const RelayMetrics *metrics) {
        Arena *arena = arena_new();
        RelaySource *source = ARENA_NEW(arena, RelaySource);
        char owner_name[96];

        source->arena = arena;
        write_owner_name(owner_name, sizeof(owner_name));
        source->name = spec->name;
        source->config = config;
        source->bus = bus;
        source->doorbell = doorbell;
        source->metrics = metrics;
        source->pool = pg_pool_new(&(PgPoolConfig) {
                .dsn = spec->dsn,
                .n_connections = N_CONNECTIONS,
                .statement_timeout_ms = STATEMENT_TIMEOUT_MS,
                .idle_transaction_timeout_ms = STATEMENT_TIMEOUT_MS,
        });
        source->ownership = relay_ownership_new(spec->dsn, source->pool, owner_name);
        source->store =
                relay_outbox_store_new(arena, source->pool, source->ownership, (size_t) config->batch_limit);
        source->bus_publisher = bus_publisher_new(bus);
        source->publisher = relay_event_publisher_new(arena, source->bus_publisher);
        source->pause_ms = config->poll_min_ms;
        if (pthread_create(&source->thread, NULL, source_main, source) != 0)
                abort();
        return source;
}

void relay_source_stop(RelaySource *source) {
        pthread_join(source->thread, NULL);
        bus_publisher_free(source->bus_publisher);
        relay_ownership_free(source->ownership);
        pg_pool_free(source->pool);
        arena_free(source->arena);
}

const Error *relay_source_ready(RelaySource *source, Ctx *ctx) {
        if (atomic_load(&source->is_store_away))
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                 "The database of source %s is away", source->name);
        return NULL;
}
