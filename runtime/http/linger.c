#include "http/linger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define MAX_LINGERING 64 /* more are closed at once */
#define LINGER_US 2000000
#define READ_BYTES ((size_t) 1024 * 1024)

typedef struct Lingering {
        int fd;
        int64_t end_us;
} Lingering;

struct Linger {
        pthread_t thread;
        pthread_mutex_t lock;
        int wake_fd;
        bool stopping;
        Lingering connections[MAX_LINGERING]; /* oldest first */
        size_t n;
};

/* What to poll for, and how long at most; false when it is time to stop. */
static bool prepare(Linger *linger, struct pollfd *polled, size_t *ret_n, int *ret_timeout_ms) {
        pthread_mutex_lock(&linger->lock);
        bool stopping = linger->stopping;
        *ret_n = linger->n;
        *ret_timeout_ms = -1;
        for (size_t i = 0; i < linger->n; i++)
                polled[i] = (struct pollfd) { .fd = linger->connections[i].fd, .events = POLLIN };
        if (linger->n > 0) {
                int64_t left_us = linger->connections[0].end_us - clock_monotonic_us();

                *ret_timeout_ms = left_us > 0 ? (int) (left_us / 1000 + 1) : 0;
        }
        pthread_mutex_unlock(&linger->lock);
        return !stopping;
}

/* TCP drops what is asked for with MSG_TRUNC without copying it. False when nothing more can come. */
static bool read_away(int fd) {
        ssize_t n = recv(fd, NULL, READ_BYTES, MSG_TRUNC | MSG_DONTWAIT);

        return n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR));
}

/* The first n connections are those that were polled: others are only ever added behind them. */
static void serve(Linger *linger, const struct pollfd *polled, size_t n) {
        int64_t now_us = clock_monotonic_us();
        size_t n_kept = 0;

        pthread_mutex_lock(&linger->lock);
        for (size_t i = 0; i < linger->n; i++) {
                Lingering *connection = &linger->connections[i];

                if (now_us >= connection->end_us ||
                    (i < n && polled[i].revents && !read_away(connection->fd)))
                        close(connection->fd);
                else
                        linger->connections[n_kept++] = *connection;
        }
        linger->n = n_kept;
        pthread_mutex_unlock(&linger->lock);
}

static void *run(void *arg) {
        Linger *linger = arg;
        struct pollfd polled[MAX_LINGERING + 1];
        uint64_t n_wakes;
        int timeout_ms;
        size_t n;

        while (prepare(linger, polled, &n, &timeout_ms)) {
                polled[n] = (struct pollfd) { .fd = linger->wake_fd, .events = POLLIN };
                if (poll(polled, n + 1, timeout_ms) < 0)
                        continue;
                if (polled[n].revents && read(linger->wake_fd, &n_wakes, sizeof(n_wakes)) < 0)
                        break;
                serve(linger, polled, n);
        }
        return NULL;
}

Linger *linger_new(void) {
        Linger *linger = calloc(1, sizeof(Linger));

        if (!linger)
                abort();
        linger->wake_fd = eventfd(0, EFD_CLOEXEC);
        pthread_mutex_init(&linger->lock, NULL);
        if (linger->wake_fd >= 0 && pthread_create(&linger->thread, NULL, run, linger) == 0)
                return linger;
        if (linger->wake_fd >= 0)
                close(linger->wake_fd);
        free(linger);
        return NULL;
}

static void wake(Linger *linger) {
        if (eventfd_write(linger->wake_fd, 1) < 0)
                abort();
}

void linger_free(Linger *linger) {
        if (!linger)
                return;
        pthread_mutex_lock(&linger->lock);
        linger->stopping = true;
        pthread_mutex_unlock(&linger->lock);
        wake(linger);
        pthread_join(linger->thread, NULL);
        for (size_t i = 0; i < linger->n; i++)
                close(linger->connections[i].fd);
        close(linger->wake_fd);
        pthread_mutex_destroy(&linger->lock);
        free(linger);
}

void linger_take(Linger *linger, int fd) {
        pthread_mutex_lock(&linger->lock);
        int copy = linger->n < MAX_LINGERING ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
        if (copy >= 0)
                linger->connections[linger->n++] =
                        (Lingering) { .fd = copy, .end_us = clock_monotonic_us() + LINGER_US };
        pthread_mutex_unlock(&linger->lock);
        if (copy >= 0)
                wake(linger);
}
