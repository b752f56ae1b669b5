#include "http/visits.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"

static void unlist(Visit *visit) {
        visit->previous->next = visit->next;
        visit->next->previous = visit->previous;
        visit->next = visit->previous = visit;
}

void visits_init(Visits *visits, int64_t timeout_ms) {
        visits->head.next = visits->head.previous = &visits->head;
        visits->timeout_ms = timeout_ms;
}

Visit *visit_new(Visits *visits, int fd) {
        Visit *visit = calloc(1, sizeof(Visit));

        if (!visit)
                abort();
        visit->fd = fd;
        visit->next = visit->previous = visit;
        visit_await(visits, visit);
        return visit;
}

void visit_free(Visit *visit) {
        unlist(visit);
        free(visit);
}

void visit_await(Visits *visits, Visit *visit) {
        unlist(visit);
        visit->until_us = clock_monotonic_us() + visits->timeout_ms * 1000;
        visit->previous = visits->head.previous;
        visit->next = &visits->head;
        visit->previous->next = visit;
        visits->head.previous = visit;
}

void visit_arrived(Visit *visit) {
        unlist(visit);
}

int64_t visits_left_ms(const Visits *visits, int64_t limit_ms) {
        const Visit *first = visits->head.next;
        int64_t left_us = first->until_us - clock_monotonic_us();
        int64_t left_ms = left_us > 0 ? left_us / 1000 + 1 : 0;

        return first == &visits->head || left_ms > limit_ms ? limit_ms : left_ms;
}

void visits_cut_late(Visits *visits) {
        int64_t now_us = clock_monotonic_us();

        for (Visit *visit = visits->head.next; visit != &visits->head && visit->until_us <= now_us;
             visit = visits->head.next) {
                shutdown(visit->fd, SHUT_RDWR);
                unlist(visit);
        }
}
