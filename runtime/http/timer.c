#include "http/timer_private.h"

#include "base/clock.h"

void http_timers_init(TimerList *list, int64_t duration_ms) {
        list_init(&list->timers);
        list->duration_us = duration_ms * 1000;
}

void http_timer_stop(Timer *timer) {
        list_remove(&timer->link);
}

void http_timer_start(TimerList *list, Timer *timer) {
        http_timer_stop(timer);
        timer->until_us = clock_monotonic_us() + list->duration_us;
        list_append(&list->timers, &timer->link);
}

int64_t http_timers_left_ms(const TimerList *list, int64_t now_us, int64_t limit_ms) {
        const Timer *first = LIST_FIRST(&list->timers, Timer, link);

        if (!first)
                return limit_ms;
        int64_t left_us = first->until_us - now_us, left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;
        return left_ms > limit_ms ? limit_ms : left_ms;
}

void http_timers_expire(TimerList *list, int64_t now_us) {
        Timer *timer;

        while ((timer = LIST_FIRST(&list->timers, Timer, link)) && timer->until_us <= now_us) {
                http_timer_stop(timer);
                timer->expired(timer);
        }
}
