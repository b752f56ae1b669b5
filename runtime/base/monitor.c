#include "base/monitor.h"

#include "base/clock.h"

void monitor_init(Monitor *monitor) {
        pthread_condattr_t attributes;

        pthread_mutex_init(&monitor->mutex, NULL);
        pthread_condattr_init(&attributes);
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        pthread_cond_init(&monitor->changed, &attributes);
        pthread_condattr_destroy(&attributes);
}

void monitor_destroy(Monitor *monitor) {
        pthread_cond_destroy(&monitor->changed);
        pthread_mutex_destroy(&monitor->mutex);
}

bool monitor_wait(Monitor *monitor, int64_t until_us) {
        struct timespec until = clock_timespec(until_us);

        return pthread_cond_timedwait(&monitor->changed, &monitor->mutex, &until) == 0;
}
