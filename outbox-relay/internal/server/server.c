#include "server/server.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "bus/settings.h"
#include "server/hint_socket.h"
#include "server/source.h"

#define N_OWN_VARIABLES 6

struct RelayServer {
        Arena *arena;
        RelayConfig config;
        Bus *bus;
        RelayMetrics metrics;
        Doorbell doorbell;
        HintSocket *hints;
        RelaySource **sources;
        size_t n_sources;
};

size_t relay_config_variables(RelayConfig *config, const ConfigVariable **ret_variables) {
        static ConfigVariable variables[N_OWN_VARIABLES + BUS_N_VARIABLES];
        const ConfigVariable bound[] = {
                { "MILLRACE_RELAY_SOURCES", CONFIG_TEXT, &config->sources, NULL, NULL,
                  "Databases to drain: name=dsn, separated by semicolons", 0, 0 },
                { "MILLRACE_RELAY_HINT", CONFIG_TEXT, &config->hint_socket, "", NULL,
                  "Path of the unix socket where services say that there is something to publish", 0, 0 },
                { "MILLRACE_RELAY_BATCH", CONFIG_INT64, &config->batch_limit, "1000", "events",
                  "Events that are read, published and marked together", 1, 10000 },
                { "MILLRACE_RELAY_POLL_MIN_MS", CONFIG_INT64, &config->poll_min_ms, "15", "ms",
                  "Pause after a batch that was not full", 1, 1000 },
                { "MILLRACE_RELAY_POLL_MAX_MS", CONFIG_INT64, &config->poll_max_ms, "250", "ms",
                  "Longest pause while there is nothing to publish", 1, 60000 },
                { "MILLRACE_RELAY_RETENTION_HOURS", CONFIG_INT64, &config->retention_hours, "168", "hours",
                  "How long published rows are kept", 1, 24 * 365 },
        };

        static_assert(sizeof(bound) == N_OWN_VARIABLES * sizeof(ConfigVariable), "one more or less");
        memcpy(variables, bound, sizeof(bound));
        bus_config_variables(&config->bus, "millrace-relay", variables + N_OWN_VARIABLES);
        config->bus.keeps_stream = true;
        *ret_variables = variables;
        return sizeof(variables) / sizeof(variables[0]);
}

static RelayMetrics make_metrics(void) {
        return (RelayMetrics){
                .published =
                        metric_counter("millrace_relay_published_total", "Events that the stream has taken"),
                .refused =
                        metric_counter("millrace_relay_refused_total", "Tries that the stream has refused"),
                .dead = metric_gauge("millrace_relay_dead_letters", "Events parked after too many refusals"),
                .pending = metric_gauge("millrace_relay_pending",
                                        "Events not yet published (counted up to 100000)"),
                .oldest_age = metric_gauge("millrace_relay_oldest_age_ms",
                                           "Age of the oldest event not yet published"),
                .partitions = metric_gauge("millrace_relay_partitions", "Partitions that this process owns"),
        };
}

RelayServer *relay_server_new(const RelayConfig *config, Bus *bus) {
        Arena *arena = arena_new();
        RelayServer *server = ARENA_NEW(arena, RelayServer);

        server->arena = arena;
        server->config = *config;
        server->bus = bus;
        server->metrics = make_metrics();
        doorbell_init(&server->doorbell);
        return server;
}

/* Databases and bus may be away: each source waits for them by itself. */
static const Error *start(void *self, Ctx *ctx) {
        RelayServer *server = self;
        SourceSpec *specs;
        size_t n;

        if (server->config.retention_hours < server->config.bus.retention_hours)
                return error_internal(ctx->arena, NULL,
                                      "MILLRACE_RELAY_RETENTION_HOURS is less than"
                                      " MILLRACE_NATS_RETENTION_HOURS: the outbox must have all that the"
                                      " stream has");
        TRY(source_list_read(server->arena, server->config.sources, &specs, &n));
        if (!str_is_empty(server->config.hint_socket))
                TRY(hint_socket_open(ctx->arena, server->config.hint_socket, &server->doorbell,
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

        doorbell_end(&server->doorbell);
        while (server->n_sources > 0)
                relay_source_stop(server->sources[--server->n_sources]);
        hint_socket_close(server->hints);
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

AppComponent relay_server_component(RelayServer *server) {
        return (AppComponent){
                .name = "relay", .self = server, .start = start, .stop = stop, .ready = ready
        };
}

void relay_server_free(RelayServer *server) {
        if (!server)
                return;
        doorbell_destroy(&server->doorbell);
        arena_free(server->arena);
}
