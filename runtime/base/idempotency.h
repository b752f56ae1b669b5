/*
 * Idempotency keys: a caller sends one with a request, and the same key with the same request again, whatever
 * became of the first. Here is what every keeper of keys shares: what a key looks like, and what is said
 * against one. pg/idempotency.h keeps them, for every method that takes one; rpc/parking.h says who waits for
 * the first call.
 */
#pragma once

#include "base/ctx.h"

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
