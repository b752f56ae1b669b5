#include "base/clock.h"

static int64_t now_us(clockid_t clock) {
        struct timespec now;

        clock_gettime(clock, &now);
        return (int64_t) now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void) {
        return now_us(CLOCK_MONOTONIC);
}

int64_t clock_wall_us(void) {
        return now_us(CLOCK_REALTIME);
}

static struct tm calendar(int64_t wall_us) {
        time_t seconds = (time_t) (wall_us / US_PER_S);
        struct tm parts;

        gmtime_r(&seconds, &parts);
        return parts;
}

const char *clock_format_date(Arena *arena, int64_t wall_us) {
        struct tm parts = calendar(wall_us);
        char *text = arena_alloc(arena, sizeof("2024-08-10") + 16);

        strftime(text, sizeof("2024-08-10") + 16, "%Y-%m-%d", &parts);
        return text;
}

int clock_year(int64_t wall_us) {
        return calendar(wall_us).tm_year + 1900;
}
