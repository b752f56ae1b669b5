/*
 * The keys that sign access tokens, in PostgreSQL, their private halves sealed.
 *
 * A key signs for a time that is set. Before it ends the next one is made and published; it signs from a lead
 * later, when whoever verifies has heard of it, while the one before still could. The first key of all signs
 * at once. One that signs no more is published for another day, far longer than what it signed may hold. All
 * of this goes by the clock of the database; a process signs with the key that it has for as long as the
 * database said, by the clock that never steps, and whatever became of the database.
 */
#pragma once

#include "biz/account/ports.h"
#include "crypt/keyring.h"
#include "pg/pool.h"

/* A key is published for so long before it signs; less when it signs for less than four times that. */
#define SIGNING_LEAD_MS INT64_C(86400000)

typedef struct SigningKeys SigningKeys;

/* Lives in arena; pool and ring must outlive it. signs_ms: how long a key signs */
SigningKeys *customer_signing_keys_new(Arena *arena, PgPool *pool, const Keyring *ring, int64_t signs_ms);

TokenIssuer *customer_signing_keys_issuer(SigningKeys *keys);

/*
 * Makes the next key when it is time, forgets those that are over, and takes the one that signs now. Called
 * at start and then at an interval, far shorter than a key signs; any number of processes may. Thread-safe.
 *
 * errors     those of pg_batch_run; internal when a key does not open
 */
const Error *customer_signing_keys_turn(SigningKeys *keys, Ctx *ctx) MUST_CHECK;
