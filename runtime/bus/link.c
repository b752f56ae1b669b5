#include "bus/link_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"

#define CONNECT_TIMEOUT_MS 2000
#define PING_INTERVAL_MS 5000
#define MAX_PINGS_UNANSWERED 2
#define FOR_EVER -1
#define PASSWORD_MAX_BYTES 256
#define PROBLEM_MAX_BYTES 256

const char *bus_problem(natsStatus status) {
        natsStatus last;
        const char *text = nats_GetLastError(&last);

        return last == status && text && *text ? text : natsStatus_GetText(status);
}

/* Frees the link once neither a user nor nats.c knows it. The lock is held. */
static void link_forget(BusLink *link) {
        if (!link->is_destroyed || !link->is_closed)
                return;
        link->bus->n_links--;
        monitor_broadcast(&link->bus->monitor);
        free(link);
}

static void count_loss(BusLink *link) {
        atomic_fetch_add(&link->n_losses, 1);
        atomic_fetch_add(&link->bus->n_losses, 1);
}

static void on_lost(natsConnection *connection, void *closure) {
        BusLink *link = closure;

        (void) connection;
        count_loss(link);
        bus_poke(link->bus);
}

static void on_back(natsConnection *connection, void *closure) {
        (void) connection;
        bus_poke(((BusLink *) closure)->bus);
}

static void on_closed(natsConnection *connection, void *closure) {
        BusLink *link = closure;
        Bus *bus = link->bus;

        (void) connection;
        count_loss(link);
        monitor_lock(&bus->monitor);
        link->is_closed = true;
        bus->is_poked = true;
        monitor_broadcast(&bus->monitor);
        link_forget(link);
        monitor_unlock(&bus->monitor);
}

/* Without a handler nats.c writes to stderr by itself, and not in our format. */
static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                     void *closure) {
        (void) connection;
        (void) subscription;
        (void) closure;
        log_warning("bus error", log_text("problem", natsStatus_GetText(status)));
}

static natsStatus set_servers(natsOptions *options, const Bus *bus) {
        Arena *arena = arena_new();
        char *urls = arena_strdup(arena, bus->config.url);
        const char **servers = ARENA_ARRAY(arena, const char *, strlen(urls) + 1);
        int n_servers = 0;
        char *rest;

        for (char *url = strtok_r(urls, ",", &rest); url; url = strtok_r(NULL, ",", &rest))
                servers[n_servers++] = url;
        natsStatus status = natsOptions_SetServers(options, servers, n_servers);
        arena_free(arena);
        return status;
}

/*
 * No reconnect buffer: what is published while the server is away fails at once, instead of arriving late,
 * behind what its publisher has sent again since.
 */
static natsStatus set_options(natsOptions *options, const Bus *bus, const char *password, BusLink *link) {
        natsStatus steps[] = {
                set_servers(options, bus),
                natsOptions_SetUserInfo(options, bus->config.user, password),
                natsOptions_SetCustomInboxPrefix(options, bus->inbox),
                natsOptions_SetName(options, bus->config.name),
                natsOptions_SetTimeout(options, CONNECT_TIMEOUT_MS),
                natsOptions_SetMaxReconnect(options, FOR_EVER),
                natsOptions_SetReconnectWait(options, BUS_RETRY_MS),
                natsOptions_SetReconnectBufSize(options, 0),
                natsOptions_SetFailRequestsOnDisconnect(options, true),
                natsOptions_SetPingInterval(options, PING_INTERVAL_MS),
                natsOptions_SetMaxPingsOut(options, MAX_PINGS_UNANSWERED),
                natsOptions_SetDisconnectedCB(options, on_lost, link),
                natsOptions_SetReconnectedCB(options, on_back, link),
                natsOptions_SetClosedCB(options, on_closed, link),
                natsOptions_SetErrorHandler(options, on_error, NULL),
        };

        for (size_t i = 0; i < ARRAY_SIZE(steps); i++)
                if (steps[i] != NATS_OK)
                        return steps[i];
        return NATS_OK;
}

static natsStatus connect_as(const Bus *bus, const char *password, BusLink *link) {
        natsOptions *options;
        natsStatus status = natsOptions_Create(&options);

        if (status != NATS_OK)
                return status;
        status = set_options(options, bus, password, link);
        if (status == NATS_OK)
                status = natsConnection_Connect(&link->connection, options);
        natsOptions_Destroy(options);
        return status;
}

/* The first line of the file. */
static bool read_password(const char *path, char ret_password[PASSWORD_MAX_BYTES]) {
        FILE *file = fopen(path, "re");
        bool is_read = file && fgets(ret_password, PASSWORD_MAX_BYTES, file);

        if (is_read)
                ret_password[strcspn(ret_password, "\r\n")] = '\0';
        if (file)
                fclose(file);
        return is_read;
}

/* False with a sentence (the thread's, until its next call). */
static bool connect_link(const Bus *bus, BusLink *link, const char **ret_problem) {
        static _Thread_local char problem[PROBLEM_MAX_BYTES];
        char password[PASSWORD_MAX_BYTES];

        errno = 0;
        if (!read_password(bus->config.password_file, password)) {
                snprintf(problem, sizeof(problem), "cannot read the password in %s: %s",
                         bus->config.password_file, errno ? strerror(errno) : "it is empty");
                *ret_problem = problem;
                return false;
        }
        natsStatus status = connect_as(bus, password, link);
        explicit_bzero(password, sizeof(password));
        if (status != NATS_OK)
                *ret_problem = bus_problem(status);
        return status == NATS_OK;
}

static natsStatus open_jetstream(BusLink *link) {
        jsOptions options;

        jsOptions_Init(&options);
        options.Wait = BUS_REQUEST_TIMEOUT_MS;
        return natsConnection_JetStream(&link->js, link->connection, &options);
}

BusLink *bus_link_connect(Bus *bus, const char **ret_problem) {
        BusLink *link = MEMORY_NEW(BusLink);

        link->bus = bus;
        link->n_users = 1;
        if (!connect_link(bus, link, ret_problem)) {
                free(link);
                return NULL;
        }
        monitor_lock(&bus->monitor);
        bus->n_links++;
        monitor_unlock(&bus->monitor);
        natsStatus status = open_jetstream(link);
        if (status != NATS_OK) {
                bus_link_release(link);
                *ret_problem = bus_problem(status);
                return NULL;
        }
        return link;
}

BusLink *bus_link_hold(Bus *bus) {
        monitor_lock(&bus->monitor);
        BusLink *link = bus->is_ready ? bus->link : NULL;
        if (link)
                link->n_users++;
        monitor_unlock(&bus->monitor);
        return link;
}

void bus_link_release(BusLink *link) {
        if (!link)
                return;
        Bus *bus = link->bus;
        monitor_lock(&bus->monitor);
        bool is_last = --link->n_users == 0;
        monitor_unlock(&bus->monitor);
        if (!is_last)
                return;
        jsCtx_Destroy(link->js);
        natsConnection_Destroy(link->connection);
        monitor_lock(&bus->monitor);
        link->is_destroyed = true;
        link_forget(link);
        monitor_unlock(&bus->monitor);
}

bool bus_link_is_up(const BusLink *link) {
        return natsConnection_Status(link->connection) == NATS_CONN_STATUS_CONNECTED;
}

void bus_poke(Bus *bus) {
        monitor_lock(&bus->monitor);
        bus->is_poked = true;
        monitor_broadcast(&bus->monitor);
        monitor_unlock(&bus->monitor);
}
