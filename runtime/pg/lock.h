/*
 * Advisory locks on a session of their own: held until they are released or the session dies, whoever kills
 * it.
 *
 * The locks of one session share its fate. Any error below closes the session and every lock is lost; the
 * next attempt to take one connects again. An owner who was stopped for a while learns of the loss only when
 * it asks, so what it writes must be fenced by an epoch too.
 */
#pragma once

#include "base/ctx.h"

/* An owner asks more often than this; the server takes the locks of one that is silent for longer. */
#define PG_LOCK_SILENCE_MS 10000

typedef struct PgLock PgLock;

/* Does not connect yet. Used by one thread at a time. */
PgLock *pg_lock_new(const char *dsn);
void pg_lock_free(PgLock *lock); /* accepts NULL; releases everything */

/*
 * Takes the lock unless another session holds it; taking what this one already holds changes nothing.
 *
 * errors     UNAVAILABLE, DEADLINE_EXCEEDED: every lock of this session is lost
 */
const Error *pg_lock_try(PgLock *lock, Ctx *ctx, int64_t key, bool *ret_held) MUST_CHECK;

/* Gives the lock back; one that is not held is nothing to give back. errors: as pg_lock_try */
const Error *pg_lock_release(PgLock *lock, Ctx *ctx, int64_t key) MUST_CHECK;

/* One round trip: false when the session is gone, or never was, and with it every lock. */
bool pg_lock_is_alive(PgLock *lock, Ctx *ctx);
