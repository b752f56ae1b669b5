#include "server/sweeper.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/monitor.h"

struct Sweeper {
        InventoryUsecase *inventory;
        int64_t interval_ms;
        pthread_t thread;
        Monitor monitor;
        bool is_over; /* under the monitor */
};

/* True when there may be more: what is left over would wait for a whole interval. */
static bool sweep(Sweeper *sweeper, Arena *arena) {
        Ctx ctx = ctx_background(arena);
        size_t n_found = 0;

        ctx_limit(&ctx, INVENTORY_CLAIM_MS);
        const Error *error = inventory_sweep(sweeper->inventory, &ctx, &n_found);
        if (error)
                log_warning("expired reservations are not resolved", log_cause(arena, error));
        arena_reset(arena);
        return n_found == INVENTORY_MAX_ORDERS;
}

/* False when the sweeper is to end. */
static bool pause_between_sweeps(Sweeper *sweeper, int64_t pause_ms) {
        int64_t until_us = clock_monotonic_us() + pause_ms * 1000;

        monitor_lock(&sweeper->monitor);
        while (!sweeper->is_over && monitor_wait(&sweeper->monitor, until_us))
                ;
        bool is_over = sweeper->is_over;
        monitor_unlock(&sweeper->monitor);
        return !is_over;
}

static void *run(void *self) {
        Sweeper *sweeper = self;
        Arena *arena = arena_new();
        bool has_more = false;

        while (pause_between_sweeps(sweeper, has_more ? 0 : sweeper->interval_ms))
                has_more = sweep(sweeper, arena);
        arena_free(arena);
        return NULL;
}

Sweeper *warehouse_sweeper_new(InventoryUsecase *inventory, int64_t interval_ms) {
        Sweeper *sweeper = calloc(1, sizeof(Sweeper));

        if (!sweeper)
                abort();
        sweeper->inventory = inventory;
        sweeper->interval_ms = interval_ms;
        monitor_init(&sweeper->monitor);
        if (pthread_create(&sweeper->thread, NULL, run, sweeper) != 0)
                abort();
        return sweeper;
}

void warehouse_sweeper_free(Sweeper *sweeper) {
        if (!sweeper)
                return;
        monitor_lock(&sweeper->monitor);
        sweeper->is_over = true;
        monitor_signal(&sweeper->monitor);
        monitor_unlock(&sweeper->monitor);
        pthread_join(sweeper->thread, NULL);
        monitor_destroy(&sweeper->monitor);
        free(sweeper);
}
