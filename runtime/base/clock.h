/* The two clocks: one that never steps, for deadlines, and the calendar, for what is shown and stored. */
#pragma once

#include <stdint.h>
#include <time.h>

#include "base/arena.h"

#define US_PER_MS INT64_C(1000)
#define US_PER_S INT64_C(1000000)

/* Microseconds since some fixed point; never goes back. */
int64_t clock_monotonic_us(void);

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_wall_us(void);

/* A time of a clock, or how long something takes, as the system wants it. */
static inline struct timespec clock_timespec(int64_t us) {
        return (struct timespec) { .tv_sec = us / US_PER_S, .tv_nsec = us % US_PER_S * 1000 };
}

/* "2024-08-15"; lives in arena. */
const char *clock_format_date(Arena *arena, int64_t wall_us);

/* The calendar year in UTC. */
int clock_year(int64_t wall_us);
