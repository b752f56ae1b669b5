/*
 * The connections of one mover whose clients have yet to send a request, and until when each may take over
 * that. libmicrohttpd's own timeout starts anew with every byte, so a client could keep a connection for
 * ever.
 */
#pragma once

#include <stdint.h>

typedef struct Visit Visit;
struct Visit {
        int fd;
        int64_t until_us;
        Visit *next, *previous;
};

/* Oldest first, in a ring around head; all have the same time, so that is also the order of their ends. */
typedef struct Visits {
        Visit head;
        int64_t timeout_ms;
} Visits;

void visits_init(Visits *visits, int64_t timeout_ms);

/* A connection; the time for its first request begins. The caller ends it with visit_free. */
Visit *visit_new(Visits *visits, int fd);
void visit_free(Visit *visit);

/* The time for its next request begins. */
void visit_await(Visits *visits, Visit *visit);

/* Its request is there; answering it takes what it takes. */
void visit_arrived(Visit *visit);

/* Until the first of them is late, at most limit_ms. */
int64_t visits_left_ms(const Visits *visits, int64_t limit_ms);

/* Cuts the connections whose time is over; libmicrohttpd then closes them. */
void visits_cut_late(Visits *visits);
