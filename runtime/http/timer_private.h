/*
 * Timers of one thread, in a list for each duration: what was started last ends last, so a list is in the
 * order of its ends, and starting and stopping one moves a few pointers.
 */
#pragma once

#include <stdint.h>

#include "base/list.h"

typedef struct Timer Timer;
struct Timer {
        void (*expired)(Timer *timer); /* may start it anew, or free what it is in */
        int64_t until_us;              /* on the monotonic clock */
        List link;                     /* in none while it does not run */
};

typedef struct TimerList {
        List timers;
        int64_t duration_us;
} TimerList;

void http_timers_init(TimerList *list, int64_t duration_ms);

/* Starts it, anew if it runs already, in any list. */
void http_timer_start(TimerList *list, Timer *timer);

/* Harmless when it does not run. */
void http_timer_stop(Timer *timer);

/* Until the first of them expires, in ms rounded up, at most limit_ms. */
int64_t http_timers_left_ms(const TimerList *list, int64_t now_us, int64_t limit_ms);

/* Stops and tells those whose time is over. */
void http_timers_expire(TimerList *list, int64_t now_us);
