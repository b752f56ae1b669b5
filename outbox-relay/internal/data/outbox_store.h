/* The outbox tables of one database; implements RelayStore for the partitions that are owned. */
#pragma once

#include "biz/relay/relay.h"
#include "data/ownership.h"

/* Lives in arena; pool and ownership outlive it. */
RelayStore *relay_outbox_store_new(Arena *arena, PgPool *pool, Ownership *ownership, size_t batch_limit);

/* What follows takes stores that were made by it only. */

/*
 * Brings the tables up to date; the service's own process may do the same at the same time.
 * errors: of pg_migrate
 */
const Error *relay_outbox_store_migrate(RelayStore *store, Ctx *ctx) MUST_CHECK;

/*
 * Deletes a page of events that were processed more than retention_ms ago. Only the owner of partition 0
 * does.
 *
 * ret_is_done  false: there may be more to delete at once
 */
const Error *relay_outbox_store_purge(RelayStore *store, Ctx *ctx, int64_t retention_ms,
                                      bool *ret_is_done) MUST_CHECK;

/* What the owned partitions hold. */
typedef struct OutboxLag {
        int64_t n_pending;     /* unprocessed; counted up to OUTBOX_LAG_MAX_COUNT */
        int64_t oldest_age_ms; /* 0: nothing is pending */
        int64_t n_dead;
} OutboxLag;

#define OUTBOX_LAG_MAX_COUNT INT64_C(100000)

const Error *relay_outbox_store_lag(RelayStore *store, Ctx *ctx, OutboxLag *ret_lag) MUST_CHECK;
