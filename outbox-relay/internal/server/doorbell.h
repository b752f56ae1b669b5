/* Wakes the sources: for a hint, and for the end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/monitor.h"

typedef struct Doorbell {
        Monitor monitor;
        uint64_t n_rings;
        bool is_over;
} Doorbell;

void relay_doorbell_init(Doorbell *doorbell);
void relay_doorbell_destroy(Doorbell *doorbell);

void relay_doorbell_ring(Doorbell *doorbell);

/* Everybody stops waiting, for good. */
void relay_doorbell_end(Doorbell *doorbell);
bool relay_doorbell_is_over(Doorbell *doorbell);

/*
 * Waits at most timeout_ms for a ring that came after the last wait.
 *
 * seen   of this waiter, 0 at first; NULL: waits for the time or the end only
 */
void relay_doorbell_wait(Doorbell *doorbell, uint64_t *seen, int64_t timeout_ms);
