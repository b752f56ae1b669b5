/*
 * Exactly once at the consumer: one row per consumer and aggregate holds the last version applied, and moves
 * in the transaction of the effect.
 */
#pragma once

#include "pg/batch.h"

/* The rows of one consumer about aggregates of one type; aggregates of two types may have the same id. */
typedef struct Inbox {
        PgPool *pool;
        const char *consumer;
        const char *aggregate_type;
} Inbox;

typedef enum InboxVerdict {
        INBOX_NEXT,      /* the one before it is applied: apply it */
        INBOX_DUPLICATE, /* already applied: acknowledge and forget */
        INBOX_EARLY,     /* one before it is missing: ask for it again later */
} InboxVerdict;

typedef struct InboxItem {
        const char *aggregate_id;
        int64_t version;
        int64_t previous_version; /* of the event before it; 0: none, or none that can still come */
        /* out */
        InboxVerdict verdict;
        int64_t last_version; /* that it was judged by */
} InboxItem;

/*
 * Judges n events against the rows and against one another (1, 2, 3 of one aggregate in one call are all
 * NEXT).
 *
 * errors     those of pg_batch_run
 */
const Error *inbox_judge(const Inbox *inbox, Ctx *ctx, InboxItem *items, size_t n) MUST_CHECK;

/*
 * Adds to the batch the move of each NEXT item's row; the batch fails with INBOX_MOVED when another consumer
 * was first.
 */
#define INNER_INBOX_MOVED "INBOX_MOVED"
void inbox_move(const Inbox *inbox, PgBatch *batch, const InboxItem *items, size_t n);

/* An event that cannot be applied, kept where a person can see it. */
typedef struct InboxDead {
        const char *event_id;
        const char *subject;
        Bytes payload;
        const char *reason;
} InboxDead;

/*
 * Keeps an event for a person, and moves its aggregate's row past it; an item that is not NEXT is only
 * judged.
 *
 * item       NULL: its aggregate or version is not known, and no row moves
 * errors     those of pg_batch_run; INBOX_MOVED
 */
const Error *inbox_park(const Inbox *inbox, Ctx *ctx, const InboxDead *dead, InboxItem *item) MUST_CHECK;

/*
 * Forgets aggregates that were not moved for so long that no event of theirs can come again: longer than
 * stream and outbox keep events. Ids of new aggregates must be greater than those of old ones; others stay.
 */
typedef struct InboxSweep {
        const Inbox *inbox;
        int64_t retention_hours;
        char after[128]; /* how far it has come */
} InboxSweep;

/* Looks at one page. ret_more: there may be more to forget at once. errors: those of pg_batch_run */
const Error *inbox_sweep(InboxSweep *sweep, Ctx *ctx, bool *ret_more) MUST_CHECK;
