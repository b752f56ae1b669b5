/*
 * The Idempotency-Keys of a service's calls, kept in its database (pg/idempotency.h): its methods that take a
 * key are done once per caller and key, and answered the same again for a day.
 */
#pragma once

#include "base/loop.h"
#include "pg/pool.h"
#include "rpc/middleware.h"

/*
 * Lives in arena; pool and not_of outlive it.
 *
 * service    "order": its fault points are order.after_key (claimed, nothing done), .before_answer (done) and
 *            .after_answer (kept, not sent)
 * not_of     names of methods that see to their keys themselves, NULL-terminated; or NULL
 */
RpcKeys *app_keys_new(Arena *arena, PgPool *pool, const char *service, const char *const *not_of);

/* The loop that forgets old keys. */
LoopSpec app_keys_sweep(RpcKeys *keys);
