#include "http/timer_private.h"

#include <stddef.h>

#include "base/clock.h"

void http_timers_init(TimerList *list, int64_t duration_ms) {
        list->head.next = list->head.previous = &list->head;
        list->duration_us = duration_ms * 1000;
}

void http_timer_stop(Timer *timer) {
        if (!timer->next)
                return;
        timer->previous->next = timer->next;
        timer->next->previous = timer->previous;
        timer->next = timer->previous = NULL;
}

void http_timer_start(TimerList *list, Timer *timer) {
        http_timer_stop(timer);
        timer->until_us = clock_monotonic_us() + list->duration_us;
        timer->previous = list->head.previous;
        timer->next = &list->head;
        timer->previous->next = timer;
        list->head.previous = timer;
}

int64_t http_timers_left_ms(const TimerList *list, int64_t now_us, int64_t limit_ms) {
        const Timer *first = list->head.next;
        int64_t left_us = first->until_us - now_us, left_ms = left_us > 0 ? (left_us + 999) / 1000 : 0;

        return first == &list->head || left_ms > limit_ms ? limit_ms : left_ms;
}

void http_timers_expire(TimerList *list, int64_t now_us) {
        for (Timer *timer = list->head.next; timer != &list->head && timer->until_us <= now_us;
             timer = list->head.next) {
                http_timer_stop(timer);
                timer->expired(timer);
        }
}
