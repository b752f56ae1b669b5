/*
 * Hints over core NATS: that something has changed, and where to look is known. Nobody promises that one
 * comes; whoever misses it looks by himself, some time later.
 */
#pragma once

#include "bus/bus.h"

/* The subject of a service's hints is this and its name. */
#define BUS_HINT_PREFIX "hints."

typedef struct BusHints BusHints;

/*
 * The hints of a subject, which is copied.
 *
 * heard      is called with arg for each that comes, our own too, on a thread of nats.c: it must not block
 */
BusHints *bus_hints_new(Bus *bus, const char *subject, void (*heard)(void *arg), void *arg);
void bus_hints_free(BusHints *hints); /* heard is not called after it; accepts NULL */

/*
 * Listens on the connection that the bus has now; nothing when it does so already, or when there is none.
 * Called by one thread, now and then: a bus that lost its connection for good has another.
 */
void bus_hints_listen(BusHints *hints);

/* Gives a hint to all who listen, without waiting; nothing while the bus is away. */
void bus_hints_give(BusHints *hints);
