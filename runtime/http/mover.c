#include "http/mover.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/exchange.h"
#include "http/visits.h"

#define MAX_SLEEP_MS 60000

struct Mover {
        HttpServer *server;
        struct MHD_Daemon *daemon;
        int wake_fd;
        pthread_t thread;
        Visits visits; /* of the thread alone */
        atomic_bool is_woken, stopping;
};

/* ---- what libmicrohttpd tells ---- */

static int fd_of(struct MHD_Connection *connection) {
        return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static Visit *visit_of(struct MHD_Connection *connection) {
        return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **visit,
                          enum MHD_ConnectionNotificationCode code) {
        Mover *mover = arg;

        if (code == MHD_CONNECTION_NOTIFY_STARTED)
                *visit = visit_new(&mover->visits, fd_of(connection));
        else
                visit_free(*visit);
}

static void *on_request_line(void *mover, const char *target, struct MHD_Connection *connection) {
        return exchange_new(((Mover *) mover)->server, mover, connection, target);
}

static enum MHD_Result on_request(void *mover, struct MHD_Connection *connection, const char *url,
                                  const char *verb, const char *version, const char *data, size_t *n_bytes,
                                  void **exchange) {
        (void) mover;
        (void) url;
        enum MHD_Result result = exchange_advance(*exchange, verb, version, data, n_bytes);
        if (((Exchange *) *exchange)->phase == EXCHANGE_CALLED)
                visit_arrived(visit_of(connection));
        return result;
}

static void on_completed(void *mover, struct MHD_Connection *connection, void **exchange,
                         enum MHD_RequestTerminationCode code) {
        (void) code;
        visit_await(&((Mover *) mover)->visits, visit_of(connection));
        if (*exchange)
                exchange_complete(*exchange);
        *exchange = NULL;
}

/* Decoding is done by the exchange, from the target as it was sent. */
static size_t leave_encoded(void *arg, struct MHD_Connection *connection, char *text) {
        (void) arg;
        (void) connection;
        return strlen(text);
}

/* Not MHD_OPTION_STRICT_FOR_CLIENT: its two checks are in gate.c, where they get our error body. */
static struct MHD_Daemon *new_daemon(Mover *mover) {
        const HttpServerConfig *config = &mover->server->config;
        unsigned max_connections = (unsigned) (config->max_connections / config->n_threads);
        unsigned timeout_s = (unsigned) ((config->idle_timeout_ms + 999) / 1000);

        return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request, mover,
                                MHD_OPTION_LISTEN_SOCKET, mover->server->listen_fd,
                                MHD_OPTION_CONNECTION_LIMIT, max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
                                timeout_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                                (size_t) HTTP_CONNECTION_MEMORY, MHD_OPTION_URI_LOG_CALLBACK, on_request_line,
                                mover, MHD_OPTION_NOTIFY_COMPLETED, on_completed, mover,
                                MHD_OPTION_NOTIFY_CONNECTION, on_connection, mover,
                                MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL, MHD_OPTION_END);
}

/* ---- the thread ---- */

/* How long the thread may sleep, if nothing happens. */
static int timeout_ms(const Mover *mover) {
        unsigned long long timeout;

        if (MHD_get_timeout(mover->daemon, &timeout) != MHD_YES || timeout > MAX_SLEEP_MS)
                timeout = MAX_SLEEP_MS;
        return (int) visits_left_ms(&mover->visits, (int64_t) timeout);
}

static void take_wake(Mover *mover) {
        eventfd_t n_wakes;

        if (eventfd_read(mover->wake_fd, &n_wakes) < 0)
                abort();
        atomic_exchange(&mover->is_woken, false); /* and so sees what was done before the wake */
}

static void *run(void *arg) {
        Mover *mover = arg;
        int epoll_fd = MHD_get_daemon_info(mover->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
        struct pollfd polled[] = { { .fd = epoll_fd, .events = POLLIN },
                                   { .fd = mover->wake_fd, .events = POLLIN } };

        while (!atomic_load(&mover->stopping)) {
                poll(polled, 2, timeout_ms(mover));
                if (polled[1].revents)
                        take_wake(mover);
                MHD_run(mover->daemon);
                visits_cut_late(&mover->visits);
        }
        return NULL;
}

/* ---- the life ---- */

static bool start(Mover *mover) {
        mover->daemon = new_daemon(mover);
        if (!mover->daemon)
                return false;
        if (pthread_create(&mover->thread, NULL, run, mover) == 0)
                return true;
        MHD_stop_daemon(mover->daemon);
        return false;
}

Mover *mover_new(HttpServer *server) {
        Mover *mover = calloc(1, sizeof(Mover));

        if (!mover)
                abort();
        mover->server = server;
        visits_init(&mover->visits, server->config.request_timeout_ms);
        mover->wake_fd = eventfd(0, EFD_CLOEXEC);
        if (mover->wake_fd >= 0 && start(mover))
                return mover;
        if (mover->wake_fd >= 0)
                close(mover->wake_fd);
        free(mover);
        return NULL;
}

void mover_wake(Mover *mover) {
        if (!atomic_exchange(&mover->is_woken, true) && eventfd_write(mover->wake_fd, 1) < 0)
                abort();
}

void mover_drain(Mover *mover) {
        MHD_quiesce_daemon(mover->daemon);
}

void mover_free(Mover *mover) {
        if (!mover)
                return;
        atomic_store(&mover->stopping, true);
        mover_wake(mover);
        pthread_join(mover->thread, NULL);
        MHD_stop_daemon(mover->daemon);
        close(mover->wake_fd);
        free(mover);
}
