/*
 * Inside the bus: one NATS connection, shared by those who hold it. nats.c reconnects it by itself; only when
 * nats.c gives it up for good (twice the same authentication error) does the keeper make another.
 */
#pragma once

#include <nats/nats.h>
#include <stdatomic.h>

#include "bus/bus.h"
#include "base/metrics.h"
#include "base/monitor.h"

/* How long one question to the JetStream API may take. */
#define BUS_REQUEST_TIMEOUT_MS 2000

/* Between two attempts of anything that failed. */
#define BUS_RETRY_MS 250

/* Between two looks at a stream or consumer that seems well. */
#define BUS_CHECK_MS 5000

typedef struct BusLink {
        Bus *bus;
        natsConnection *connection;
        jsCtx *js;
        atomic_uint n_losses; /* times that the connection was lost */
        size_t n_users;       /* the rest is under the bus's lock */
        bool is_destroyed;
        bool is_closed; /* nats.c will not call back any more */
} BusLink;

struct Bus {
        Arena *arena;
        BusConfig config;
        const char *inbox; /* what the subjects of answers begin with: the user's own */
        pthread_t keeper;
        int64_t silent_since_us; /* of the keeper: when JetStream was silent first; 0: it is not */
        int64_t silent_us;       /* and when it was last */
        Metric *stalled;
        atomic_uint n_losses; /* of all links */
        Monitor monitor;      /* over all below */
        BusLink *link;        /* NULL: there is none */
        size_t n_links;       /* that nats.c may still call back for */
        bool is_ready;
        bool is_stalled;
        bool is_stopping;
        bool is_poked;     /* something happened since the keeper looked */
        char trouble[256]; /* what the log said last; "" while all is well */
};

/* What the failed call before it said, in words; the thread's, until its next call of nats.c. */
const char *bus_problem(natsStatus status);

/* Connects. NULL with a sentence when it fails, as bus_problem. The caller holds the result. */
BusLink *bus_link_connect(Bus *bus, const char **ret_problem);

/* The link of a bus that is ready, held until bus_link_release; else NULL. */
BusLink *bus_link_hold(Bus *bus);
void bus_link_release(BusLink *link); /* accepts NULL */

/* True while the connection stands. */
bool bus_link_is_up(const BusLink *link);

/* Makes the keeper look at connection and stream now. */
void bus_poke(Bus *bus);
