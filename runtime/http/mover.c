#include "http/mover_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "http/connection_private.h"
#include "http/parts_private.h"

#define EVENTS_AT_ONCE 256
#define MAX_SLEEP_MS 10000
#define DRAIN_MS 1000
#define LISTEN_AGAIN_MS 100
#define TALLY_MS 1000

/* ---- what others say ---- */

static void wake(Mover *mover) {
        if (!atomic_exchange(&mover->is_woken, true) && eventfd_write(mover->wake_fd, 1) < 0)
                abort();
}

static void on_wake(Source *source, uint32_t events) {
        Mover *mover = CONTAINER_OF(source, Mover, wake);
        eventfd_t n_wakes;

        (void) events;
        if (eventfd_read(mover->wake_fd, &n_wakes) < 0)
                abort();
        atomic_exchange(&mover->is_woken, false); /* and so sees what was done before the wake */
}

bool http_mover_post(Mover *mover, Letter *letter) {
        pthread_mutex_lock(&mover->lock);
        bool is_taken = !mover->has_ended;
        if (is_taken) {
                letter->next = mover->letters;
                mover->letters = letter;
                wake(mover);
        }
        pthread_mutex_unlock(&mover->lock);
        return is_taken;
}

static Letter *take_letters(Mover *mover, bool ends) {
        pthread_mutex_lock(&mover->lock);
        Letter *letters = mover->letters;
        mover->letters = NULL;
        mover->has_ended = ends;
        pthread_mutex_unlock(&mover->lock);
        return letters;
}

/* Those posted first are opened first. */
static void open_letters(Mover *mover, bool ends) {
        Letter *first = NULL, *next;

        for (Letter *letter = take_letters(mover, ends); letter; letter = next) {
                next = letter->next;
                letter->next = first;
                first = letter;
        }
        for (Letter *letter = first; letter; letter = next) {
                next = letter->next;
                letter->open(letter);
        }
}

/* ---- refusals, and the date ---- */

static void log_refusals(Mover *mover) {
        Tally *tally = &mover->tally;

        log_info("requests refused", log_number("count", (int64_t) tally->n),
                 log_text("client", tally->client), log_number("status", tally->status),
                 log_text("problem", tally->problem));
        tally->n = 0;
        http_timer_start(&mover->timers[TIMER_TALLY], &tally->timer);
}

static void on_tally(Timer *timer) {
        Mover *mover = CONTAINER_OF(timer, Mover, tally.timer);

        if (mover->tally.n > 0)
                log_refusals(mover);
}

void http_mover_note_refusal(Mover *mover, const char *client, int status, const char *problem) {
        mover->tally.n++;
        snprintf(mover->tally.client, sizeof(mover->tally.client), "%s", client);
        mover->tally.status = status;
        mover->tally.problem = problem;
        if (!list_is_linked(&mover->tally.timer.link))
                log_refusals(mover);
}

const char *http_mover_date(Mover *mover) {
        time_t now_s = (time_t) (clock_wall_us() / 1000000);
        struct tm parts;

        if (now_s != mover->date_s) {
                mover->date_s = now_s;
                strftime(mover->date, sizeof(mover->date), "%a, %d %b %Y %H:%M:%S GMT",
                         gmtime_r(&now_s, &parts));
        }
        return mover->date;
}

/* ---- the thread ---- */

static int sleep_ms(const Mover *mover) {
        int64_t now_us = clock_monotonic_us(), left_ms = MAX_SLEEP_MS;

        for (size_t i = 0; i < N_TIMERS; i++)
                left_ms = http_timers_left_ms(&mover->timers[i], now_us, left_ms);
        return (int) left_ms;
}

static void tell_events(Mover *mover) {
        struct epoll_event events[EVENTS_AT_ONCE];
        int n = epoll_wait(mover->epoll_fd, events, EVENTS_AT_ONCE, sleep_ms(mover));

        for (int i = 0; i < n; i++) {
                Source *source = events[i].data.ptr;

                source->on_events(source, events[i].events);
        }
}

static void abandon_once(Mover *mover) {
        if (mover->has_abandoned || !atomic_load(&mover->is_abandoning))
                return;
        mover->has_abandoned = true;
        http_connections_abandon(mover);
}

static void expire_timers(Mover *mover) {
        int64_t now_us = clock_monotonic_us();

        for (size_t i = 0; i < N_TIMERS; i++)
                http_timers_expire(&mover->timers[i], now_us);
}

static void *run(void *arg) {
        Mover *mover = arg;

        while (!atomic_load(&mover->is_stopping)) {
                tell_events(mover);
                open_letters(mover, false);
                abandon_once(mover);
                expire_timers(mover);
                http_connections_free_closed(mover);
        }
        open_letters(mover, true);
        http_connections_close_all(mover);
        return NULL;
}

/* ---- the life ---- */

bool http_mover_watch(Mover *mover, int fd, uint32_t events, Source *source) {
        return epoll_ctl(mover->epoll_fd, EPOLL_CTL_ADD, fd,
                         &(struct epoll_event) { .events = events, .data.ptr = source }) == 0;
}

static void init_lists(Mover *mover) {
        list_init(&mover->ordinary);
        list_init(&mover->reserved);
        list_init(&mover->closed);
}

static void init_timers(Mover *mover) {
        const HttpServerConfig *config = &mover->server->config;
        const int64_t durations_ms[N_TIMERS] = {
                [TIMER_IDLE] = config->idle_timeout_ms,
                [TIMER_HEAD] = config->head_timeout_ms,
                [TIMER_BODY] = config->body_timeout_ms,
                [TIMER_WRITE] = config->write_timeout_ms,
                [TIMER_DRAIN] = DRAIN_MS,
                [TIMER_PACE] = HTTP_PACE_MS,
                [TIMER_LISTEN] = LISTEN_AGAIN_MS,
                [TIMER_TALLY] = TALLY_MS,
        };

        for (size_t i = 0; i < N_TIMERS; i++)
                http_timers_init(&mover->timers[i], durations_ms[i]);
        mover->tally.timer.expired = on_tally;
}

static void close_descriptors(Mover *mover) {
        if (mover->epoll_fd >= 0)
                close(mover->epoll_fd);
        if (mover->wake_fd >= 0)
                close(mover->wake_fd);
}

bool http_mover_start(Mover *mover, HttpServer *server) {
        mover->server = server;
        mover->wake = (Source) { on_wake };
        mover->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
        mover->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        pthread_mutex_init(&mover->lock, NULL);
        init_lists(mover);
        init_timers(mover);
        if (mover->epoll_fd >= 0 && mover->wake_fd >= 0 &&
            http_mover_watch(mover, mover->wake_fd, EPOLLIN, &mover->wake) &&
            pthread_create(&mover->thread, NULL, run, mover) == 0)
                return true;
        close_descriptors(mover);
        mover->server = NULL;
        return false;
}

void http_mover_abandon(Mover *mover) {
        atomic_store(&mover->is_abandoning, true);
        wake(mover);
}

/* Its lock lives on: a worker that was given up still takes it. */
void http_mover_stop(Mover *mover) {
        if (!mover->server)
                return;
        atomic_store(&mover->is_stopping, true);
        wake(mover);
        pthread_join(mover->thread, NULL);
        close_descriptors(mover);
}
