#include "server/doorbell.h"

#include "base/clock.h"

void relay_doorbell_init(Doorbell *doorbell) {
        *doorbell = (Doorbell) { 0 };
        monitor_init(&doorbell->monitor);
}

void relay_doorbell_destroy(Doorbell *doorbell) {
        monitor_destroy(&doorbell->monitor);
}

void relay_doorbell_ring(Doorbell *doorbell) {
        monitor_lock(&doorbell->monitor);
        doorbell->n_rings++;
        monitor_broadcast(&doorbell->monitor);
        monitor_unlock(&doorbell->monitor);
}

void relay_doorbell_end(Doorbell *doorbell) {
        monitor_lock(&doorbell->monitor);
        doorbell->is_over = true;
        monitor_broadcast(&doorbell->monitor);
        monitor_unlock(&doorbell->monitor);
}

bool relay_doorbell_is_over(Doorbell *doorbell) {
        monitor_lock(&doorbell->monitor);
        bool is_over = doorbell->is_over;
        monitor_unlock(&doorbell->monitor);
        return is_over;
}

void relay_doorbell_wait(Doorbell *doorbell, uint64_t *seen, int64_t timeout_ms) {
        int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;

        monitor_lock(&doorbell->monitor);
        while (!doorbell->is_over && !(seen && *seen != doorbell->n_rings) &&
               monitor_wait(&doorbell->monitor, until_us))
                ;
        if (seen)
                *seen = doorbell->n_rings;
        monitor_unlock(&doorbell->monitor);
}
