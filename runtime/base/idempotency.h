/*
 * Idempotency keys: a caller sends one with a request, and the same key with the same request again, whatever
 * became of the first. Here is what every keeper of keys shares: what a key looks like, what is said against
 * one, and who waits for the first call. Kept they are by pg/idempotency.h, for every method that takes one.
 */
#pragma once

#include "base/ctx.h"
#include "base/monitor.h"

/* The form of a key, on every edge: that many letters, digits, '-', '_', '.' and ':'. */
#define IDEMPOTENCY_KEY_MIN_BYTES 16
#define IDEMPOTENCY_KEY_MAX_BYTES 255

bool idempotency_key_is_well_formed(const char *key);

/* When to ask again about a call that is still under way. */
#define IDEMPOTENCY_RETRY_AFTER_MS 1000

/* The key came before with another request: IDEMPOTENCY_KEY_REUSED. */
const Error *idempotency_key_reused(const Ctx *ctx);

/* The first call with the key is not done yet: IDEMPOTENCY_IN_FLIGHT, with the time to ask again. */
const Error *idempotency_in_flight(const Ctx *ctx);

/* Says with the reply that the answer is that of an earlier call. */
void idempotency_mark_replay(Ctx *ctx);

/* Whose key it is, and for what: those of two callers, or for two methods, are two keys. */
typedef struct IdempotencyKey {
        const char *caller;
        const char *method;
        const char *key;
} IdempotencyKey;

/*
 * Calls of one keeper that wait for another one with their key: each holds a worker, so they are few. Zeroed,
 * its monitor initialised.
 */
#define IDEMPOTENCY_MAX_WAITERS 8

typedef struct IdempotencyWaiters {
        Monitor monitor;
        const IdempotencyKey *waiting[IDEMPOTENCY_MAX_WAITERS];
} IdempotencyWaiters;

/* One look at the key: settled when it is this call's, or answered. */
typedef const Error *(*IdempotencyLook)(void *arg, Ctx *ctx, bool *ret_is_settled);

/*
 * Looks until the key is settled. One call waits for another with its key that is under way, until shortly
 * before its deadline; further ones, and those beyond IDEMPOTENCY_MAX_WAITERS of all keys, are told at once.
 *
 * errors     IDEMPOTENCY_IN_FLIGHT; those of look; DEADLINE_EXCEEDED, CANCELLED
 */
const Error *idempotency_settle(IdempotencyWaiters *waiters, Ctx *ctx, const IdempotencyKey *key,
                                IdempotencyLook look, void *arg) MUST_CHECK;
