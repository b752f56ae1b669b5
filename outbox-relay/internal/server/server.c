#include "server/server.h"

#include "base/str.h"
#include "server/hint_socket.h"
#include "server/source.h"

typedef struct RelayServer {
        Arena *arena;
        RelayConfig config;
        Bus *bus;
        RelayMetrics metrics;
        Doorbell doorbell;
        HintSocket *hints;
        RelaySource **sources;
        size_t n_sources;
} RelayServer;

static const ConfigVariable variables[] = {
        CONFIG_TEXT(RelayConfig, sources, "MILLRACE_RELAY_SOURCES", NULL,
                    "Databases to drain: name=dsn, separated by semicolons"),
        CONFIG_TEXT(RelayConfig, hint_socket, "MILLRACE_RELAY_HINT", "",
                    "Path of the unix socket where services say that there is something to publish"),
        CONFIG_NUMBER(RelayConfig, batch_limit, "MILLRACE_RELAY_BATCH", "1000", "events", 1, 10000,
                      "Events that are read, published and marked together"),
        CONFIG_NUMBER(RelayConfig, poll_min_ms, "MILLRACE_RELAY_POLL_MIN_MS", "15", "ms", 1, 1000,
                      "Pause after a batch that was not full"),
        CONFIG_NUMBER(RelayConfig, poll_max_ms, "MILLRACE_RELAY_POLL_MAX_MS", "250", "ms", 1, 60000,
                      "Longest pause while there is nothing to publish"),
        CONFIG_NUMBER(RelayConfig, retention_hours, "MILLRACE_RELAY_RETENTION_HOURS", "168", "hours", 1,
                      24 * 365, "How long published rows are kept"),
};

static const ConfigTable config_table = CONFIG_TABLE(RelayConfig, variables);

static RelayMetrics make_metrics(void) {
        return (RelayMetrics) {
                .published =
                        metric_counter("millrace_relay_published_total", "Events that the stream has taken"),
                .refused =
                        metric_counter("millrace_relay_refused_total", "Tries that the stream has refused"),
                .dead = metric_gauge("millrace_relay_dead_letters", "Events parked after too many refusals"),
                .pending = metric_gauge("millrace_relay_pending",
                                        "Events not yet published (counted up to 100000)"),
                .oldest_age = metric_gauge_ms("millrace_relay_oldest_age_seconds",
                                              "Age of the oldest event not yet published"),
                .partitions = metric_gauge("millrace_relay_partitions", "Partitions that this process owns"),
        };
}

static RelayServer *server_new(Arena *arena, const RelayConfig *config, Bus *bus) {
        RelayServer *server = ARENA_NEW(arena, RelayServer);

        server->arena = arena;
        server->config = *config;
        server->bus = bus;
        server->metrics = make_metrics();
        relay_doorbell_init(&server->doorbell);
        return server;
}

/* Databases and bus may be away: each source waits for them by itself. */
static const Error *start(void *self, Ctx *ctx) {
        RelayServer *server = self;
        SourceSpec *specs;
        size_t n;

        TRY(relay_source_list_read(server->arena, server->config.sources, &specs, &n));
        if (!str_is_empty(server->config.hint_socket))
                TRY(relay_hint_socket_open(ctx->arena, server->config.hint_socket, &server->doorbell,
                                           &server->hints));
        server->sources = ARENA_ARRAY(server->arena, RelaySource *, n);
        for (; server->n_sources < n; server->n_sources++)
                server->sources[server->n_sources] =
                        relay_source_start(&specs[server->n_sources], &server->config, server->bus,
                                           &server->doorbell, &server->metrics);
        return NULL;
}

static void stop(void *self) {
        RelayServer *server = self;

        relay_doorbell_end(&server->doorbell);
        while (server->n_sources > 0)
                relay_source_stop(server->sources[--server->n_sources]);
        relay_hint_socket_close(server->hints);
        server->hints = NULL;
}

static const Error *ready(void *self, Ctx *ctx) {
        RelayServer *server = self;

        if (bus_is_stalled(server->bus))
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                 "JetStream is silent though its server answers: restart nats-server");
        for (size_t i = 0; i < server->n_sources; i++)
                TRY(relay_source_ready(server->sources[i], ctx));
        return NULL;
}

static void release(void *self) {
        relay_doorbell_destroy(&((RelayServer *) self)->doorbell);
}

/* The outbox must have all that the stream has: after a loss it is published again from there. */
static const Error *check_retention(AppPart *part, const RelayConfig *config) {
        if (config->retention_hours >= bus_retention_hours(app_part_bus(part)))
                return NULL;
        return error_internal(app_part_arena(part), NULL,
                              "MILLRACE_RELAY_RETENTION_HOURS is less than MILLRACE_NATS_RETENTION_HOURS: the"
                              " outbox must have all that the stream has");
}

static const Error *assemble(AppPart *part, const void *config, void **ret_implementation) {
        (void) ret_implementation;
        TRY(check_retention(part, config));
        app_part_component(part, &(AppComponent) {
                                         .self = server_new(app_part_arena(part), config, app_part_bus(part)),
                                         .start = start,
                                         .stop = stop,
                                         .ready = ready,
                                         .free = release,
                                 });
        return NULL;
}

const AppService relay_app_service = {
        .name = "relay",
        .summary = "Publishes the events of the services' outboxes",
        .uses_bus = true,
        .keeps_stream = true,
        .config = &config_table,
        .assemble = assemble,
};
