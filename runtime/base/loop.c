#include "base/loop.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/monitor.h"

struct Loop {
        LoopSpec spec;
        pthread_t thread;
        bool is_running;
        Monitor monitor;
        bool is_woken; /* under the monitor */
        atomic_bool is_stopping;
};

static bool run_round(Loop *loop, Arena *arena) {
        Ctx ctx = ctx_background(arena);
        bool more = false;

        ctx.cancelled = &loop->is_stopping;
        const Error *error = loop->spec.round(loop->spec.arg, &ctx, &more);
        if (error && !atomic_load(&loop->is_stopping))
                log_warning("a background round failed", log_text("loop", loop->spec.name),
                            log_cause(arena, error));
        arena_reset(arena);
        return more && !error;
}

static int64_t from_now_us(int64_t ms) {
        return clock_monotonic_us() + ms * 1000;
}

static void wait_for_more(Loop *loop) {
        int64_t until_us = from_now_us(loop->spec.interval_ms);

        monitor_lock(&loop->monitor);
        while (!loop->is_woken && !atomic_load(&loop->is_stopping) && monitor_wait(&loop->monitor, until_us))
                ;
        until_us = from_now_us(loop->spec.gather_ms);
        while (loop->spec.gather_ms > 0 && !atomic_load(&loop->is_stopping) &&
               monitor_wait(&loop->monitor, until_us))
                ;
        loop->is_woken = false;
        monitor_unlock(&loop->monitor);
}

static void *run(void *pointer) {
        Loop *loop = pointer;
        Arena *arena = arena_new();

        while (!atomic_load(&loop->is_stopping))
                if (!run_round(loop, arena))
                        wait_for_more(loop);
        arena_free(arena);
        return NULL;
}

static void release(void *pointer) {
        Loop *loop = pointer;

        loop_stop(loop);
        monitor_destroy(&loop->monitor);
}

Loop *loop_new(Arena *arena, const LoopSpec *spec) {
        Loop *loop = ARENA_NEW(arena, Loop);

        loop->spec = *spec;
        monitor_init(&loop->monitor);
        arena_defer(arena, release, loop);
        return loop;
}

void loop_start(Loop *loop) {
        atomic_store(&loop->is_stopping, false);
        if (pthread_create(&loop->thread, NULL, run, loop) != 0)
                abort();
        loop->is_running = true;
}

void loop_wake(Loop *loop) {
        monitor_lock(&loop->monitor);
        if (!loop->is_woken)
                monitor_broadcast(&loop->monitor);
        loop->is_woken = true;
        monitor_unlock(&loop->monitor);
}

static void end(Loop *loop) {
        monitor_lock(&loop->monitor);
        atomic_store(&loop->is_stopping, true);
        monitor_broadcast(&loop->monitor);
        monitor_unlock(&loop->monitor);
}

void loop_stop(Loop *loop) {
        if (!loop->is_running)
                return;
        end(loop);
        pthread_join(loop->thread, NULL);
        loop->is_running = false;
}
