/*
 * Which partitions of one outbox this process owns.
 *
 * An owner holds the partition's advisory lock, which ends with its session: when the process dies, at once;
 * when it is stopped, as soon as the server finds the session idle for too long. On taking a partition it
 * raises the partition's epoch, and all that it writes is fenced by that epoch: an owner that wakes up late
 * cannot write.
 *
 * Relays share evenly: each holds one of OUTBOX_PARTITIONS seats, which are advisory locks too, so that the
 * number of relays alive is the number of seats taken; nobody keeps more than its share. A relay without a
 * seat stands by.
 */
#pragma once

#include "events/outbox.h"
#include "pg/pool.h"

/* How often to tend; it also keeps the session from being idle for too long. */
#define OWNERSHIP_TEND_MS 1000

/* The epochs of what is owned, as parameters for statements. */
typedef struct Owned {
        int64_t partitions[OUTBOX_PARTITIONS];
        int64_t epochs[OUTBOX_PARTITIONS];
        size_t n;
} Owned;

typedef struct Ownership Ownership;

/* name: of this process, for people who look at outbox_partition. Does not connect yet. */
Ownership *relay_ownership_new(const char *dsn, PgPool *pool, const char *name);
void relay_ownership_free(Ownership *ownership); /* gives everything back; accepts NULL */

/*
 * Takes what is free up to the share, gives back what is above it, and notices what was lost.
 *
 * errors     UNAVAILABLE, DEADLINE_EXCEEDED: what relay_ownership_owned then says is true all the same
 */
const Error *relay_ownership_tend(Ownership *ownership, Ctx *ctx) MUST_CHECK;

/*
 * Forgets the epochs, after a fence did not hold; the next tending raises them again where the locks are
 * still held.
 */
void relay_ownership_forget(Ownership *ownership);

/* Borrowed, until the next call of one of the above. */
const Owned *relay_ownership_owned(const Ownership *ownership);
bool relay_ownership_has(const Ownership *ownership, int64_t partition);
