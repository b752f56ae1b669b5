/* A lock and a condition on the clock that never steps. */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct Monitor {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
} Monitor;

void monitor_init(Monitor *monitor);
void monitor_destroy(Monitor *monitor);

static inline void monitor_lock(Monitor *monitor) {
        pthread_mutex_lock(&monitor->mutex);
}

static inline void monitor_unlock(Monitor *monitor) {
        pthread_mutex_unlock(&monitor->mutex);
}

/* Wakes one of those who wait, who all wait for the same. */
static inline void monitor_signal(Monitor *monitor) {
        pthread_cond_signal(&monitor->changed);
}

/* Wakes all who wait. */
static inline void monitor_broadcast(Monitor *monitor) {
        pthread_cond_broadcast(&monitor->changed);
}

/*
 * With the lock held: waits for a signal until until_us on the monotonic clock, INT64_MAX: for ever; false
 * when that time has come.
 */
bool monitor_wait(Monitor *monitor, int64_t until_us);
