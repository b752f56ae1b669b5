#include "server/loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

struct OrderLoop {
        OrderLoopSpec spec;
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t wake;
        bool is_woken;
        atomic_bool is_stopping;
};

static bool run_round(OrderLoop *loop, Arena *arena) {
        Ctx ctx = ctx_background(arena);
        bool more = false;

        ctx.cancelled = &loop->is_stopping;
        const Error *error = loop->spec.round(loop->spec.arg, &ctx, &more);
        if (error && !atomic_load(&loop->is_stopping))
                log_warning("a background round failed", log_text("loop", loop->spec.name), log_cause(arena, error));
        arena_reset(arena);
        return more && !error;
}

static struct timespec after_ms(int64_t ms) {
        struct timespec time;

        clock_gettime(CLOCK_MONOTONIC, &time);
        time.tv_sec += ms / 1000;
        time.tv_nsec += ms % 1000 * 1000000;
        if (time.tv_nsec >= 1000000000) {
                time.tv_sec++;
                time.tv_nsec -= 1000000000;
        }
        return time;
}

static void wait_for_more(OrderLoop *loop) {
        struct timespec end = after_ms(loop->spec.interval_ms);

        pthread_mutex_lock(&loop->lock);
        while (!loop->is_woken && !atomic_load(&loop->is_stopping) &&
               pthread_cond_timedwait(&loop->wake, &loop->lock, &end) == 0)
                ;
        loop->is_woken = false;
        pthread_mutex_unlock(&loop->lock);
}

static void *run(void *pointer) {
        OrderLoop *loop = pointer;
        Arena *arena = arena_new();

        while (!atomic_load(&loop->is_stopping))
                if (!run_round(loop, arena))
                        wait_for_more(loop);
        arena_free(arena);
        return NULL;
}

static void init_wake(OrderLoop *loop) {
        pthread_condattr_t attributes;

        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&loop->wake, &attributes);
        pthread_condattr_destroy(&attributes);
        pthread_mutex_init(&loop->lock, NULL);
}

OrderLoop *order_loop_start(const OrderLoopSpec *spec) {
        OrderLoop *loop = calloc(1, sizeof(OrderLoop));

        if (!loop)
                abort();
        loop->spec = *spec;
        init_wake(loop);
        if (pthread_create(&loop->thread, NULL, run, loop) != 0)
                abort();
        return loop;
}

void order_loop_wake(OrderLoop *loop) {
        if (!loop)
                return;
        pthread_mutex_lock(&loop->lock);
        loop->is_woken = true;
        pthread_cond_signal(&loop->wake);
        pthread_mutex_unlock(&loop->lock);
}

void order_loop_stop(OrderLoop *loop) {
        if (!loop)
                return;
        pthread_mutex_lock(&loop->lock);
        atomic_store(&loop->is_stopping, true);
        pthread_cond_signal(&loop->wake);
        pthread_mutex_unlock(&loop->lock);
        pthread_join(loop->thread, NULL);
        pthread_cond_destroy(&loop->wake);
        pthread_mutex_destroy(&loop->lock);
        free(loop);
}
