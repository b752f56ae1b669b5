#include "bus/bus.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "bus/link_private.h"
#include "bus/stream_private.h"

/* A URL may hold a password. */
static LogField log_url(const Bus *bus) {
        return log_text("url", strchr(bus->config.url, '@') ? "(with credentials)" : bus->config.url);
}

/* One line when it turns bad, or bad in another way; one when it is well again. The lock is held. */
static void report(Bus *bus, const char *problem) {
        if (problem && strcmp(bus->trouble, problem) != 0)
                log_warning("bus away", log_url(bus), log_text("problem", problem));
        if (!problem && !bus->is_ready)
                log_info("bus ready", log_url(bus));
        snprintf(bus->trouble, sizeof(bus->trouble), "%s", problem ? problem : "");
}

static void set_state(Bus *bus, BusLink *link, bool is_ready, const char *problem) {
        monitor_lock(&bus->monitor);
        report(bus, problem);
        bus->link = link;
        bus->is_ready = is_ready;
        monitor_unlock(&bus->monitor);
}

/*
 * A loss of the connection does not end the silence, because a server that stalled stops to read from whoever
 * publishes, and loses that connection. But it takes the next one, and is silent there too: a server that is
 * away, or was stopped, takes none, so its last timeout is soon long ago.
 */
static void judge_silence(Bus *bus, natsStatus status) {
        int64_t now_us = clock_monotonic_us();
        bool was_stalled = bus->is_stalled;

        if (status == NATS_TIMEOUT) {
                bus->silent_us = now_us;
                bus->silent_since_us = bus->silent_since_us ? bus->silent_since_us : now_us;
        }
        if (status == NATS_OK || status == NATS_NOT_FOUND || now_us - bus->silent_us > BUS_STALL_MS * 1000)
                bus->silent_since_us = 0;
        bool is_stalled = bus->silent_since_us && now_us - bus->silent_since_us > BUS_STALL_MS * 1000;
        monitor_lock(&bus->monitor);
        bus->is_stalled = is_stalled;
        monitor_unlock(&bus->monitor);
        metric_set(bus->stalled, is_stalled, METRIC_NO_LABELS);
        if (is_stalled && !was_stalled)
                log_error("JetStream is silent though its server answers: make room on its disk, restart it",
                          log_url(bus));
        if (was_stalled && !is_stalled)
                log_info("JetStream answers again", log_url(bus));
}

/*
 * A loss during the look makes its result worthless; the loss has poked, so the keeper looks again at once.
 */
static bool look(Bus *bus, BusLink *link, const char **ret_problem) {
        unsigned n_losses = atomic_load(&link->n_losses);
        BusStreamState state;

        if (!bus_link_is_up(link)) {
                judge_silence(bus, NATS_CONNECTION_DISCONNECTED);
                *ret_problem = natsStatus_GetText(NATS_CONNECTION_DISCONNECTED);
                return false;
        }
        natsStatus status = bus->is_ready || !bus->config.keeps_stream
                                    ? bus_stream_look(link->js, &state, ret_problem)
                                    : bus_stream_ensure(link->js, &bus->config, ret_problem);
        judge_silence(bus, status);
        bool is_well = status == NATS_OK;
        if (is_well && atomic_load(&link->n_losses) != n_losses) {
                *ret_problem = natsStatus_GetText(NATS_CONNECTION_DISCONNECTED);
                return false;
        }
        return is_well;
}

/* Only this thread changes link and is_ready, so it may read them without the lock. */
static void keep(Bus *bus) {
        BusLink *link = bus->link;
        const char *problem = NULL;

        if (link && natsConnection_IsClosed(link->connection)) {
                set_state(bus, NULL, false, natsStatus_GetText(NATS_CONNECTION_CLOSED));
                bus_link_release(link);
                link = NULL;
        }
        if (!link)
                link = bus_link_connect(bus, &problem);
        bool is_ready = link && look(bus, link, &problem);
        set_state(bus, link, is_ready, problem);
}

static void *keeper_main(void *arg) {
        Bus *bus = arg;

        monitor_lock(&bus->monitor);
        while (!bus->is_stopping) {
                bus->is_poked = false;
                monitor_unlock(&bus->monitor);
                keep(bus);
                monitor_lock(&bus->monitor);
                int64_t until_us =
                        clock_monotonic_us() + (bus->is_ready ? BUS_CHECK_MS : BUS_RETRY_MS) * 1000;
                while (!bus->is_stopping && !bus->is_poked && monitor_wait(&bus->monitor, until_us))
                        ;
        }
        monitor_unlock(&bus->monitor);
        return NULL;
}

Bus *bus_new(const BusConfig *config) {
        Arena *arena = arena_new();
        Bus *bus = ARENA_NEW(arena, Bus);

        *bus = (Bus) {
                .arena = arena,
                .config = {
                        .url = arena_strdup(arena, config->url),
                        .user = arena_strdup(arena, config->user),
                        .password_file = arena_strdup(arena, config->password_file),
                        .name = arena_strdup(arena, config->name),
                        .keeps_stream = config->keeps_stream,
                        .stream_max_bytes = config->stream_max_bytes,
                        .retention_hours = config->retention_hours ? config->retention_hours
                                                                   : BUS_RETENTION_HOURS,
                },
        };
        bus->inbox = arena_printf(arena, "_INBOX_%s", config->user);
        bus->stalled = metric_gauge("millrace_bus_stalled",
                                    "1: JetStream is silent though its server answers");
        monitor_init(&bus->monitor);
        if (pthread_create(&bus->keeper, NULL, keeper_main, bus) != 0)
                abort();
        return bus;
}

void bus_free(Bus *bus) {
        if (!bus)
                return;
        monitor_lock(&bus->monitor);
        bus->is_stopping = true;
        monitor_broadcast(&bus->monitor);
        monitor_unlock(&bus->monitor);
        pthread_join(bus->keeper, NULL);
        bus_link_release(bus->link);
        monitor_lock(&bus->monitor);
        while (bus->n_links > 0)
                monitor_wait(&bus->monitor, INT64_MAX);
        monitor_unlock(&bus->monitor);
        monitor_destroy(&bus->monitor);
        arena_free(bus->arena);
}

int64_t bus_retention_hours(const Bus *bus) {
        return bus->config.retention_hours;
}

bool bus_is_ready(const Bus *bus) {
        BusLink *link = bus_link_hold((Bus *) bus);
        bool is_ready = link && bus_link_is_up(link);

        bus_link_release(link);
        return is_ready;
}

bool bus_is_stalled(const Bus *bus) {
        Bus *locked = (Bus *) bus;

        monitor_lock(&locked->monitor);
        bool is_stalled = locked->is_stalled;
        monitor_unlock(&locked->monitor);
        return is_stalled;
}

unsigned bus_count_losses(const Bus *bus) {
        return atomic_load(&bus->n_losses);
}

const Error *bus_stream_state(Bus *bus, Ctx *ctx, BusStreamState *ret_state) {
        const char *problem = "not connected";
        BusLink *link = bus_link_hold(bus);
        bool is_known = link && bus_stream_look(link->js, ret_state, &problem) == NATS_OK;

        bus_link_release(link);
        if (!is_known)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "The bus is away: %s",
                                 problem);
        return NULL;
}
