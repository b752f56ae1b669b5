/*
 * Exactly once at the consumer: one row per consumer and aggregate holds the last version applied, and moves
 * in the transaction of the effect.
 */
#pragma once

#include "pg/batch.h"

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
const Error *inbox_judge(PgPool *pool, Ctx *ctx, const char *consumer, InboxItem *items, size_t n) MUST_CHECK;

/*
 * Adds to the batch the move of each NEXT item's row; the batch fails with INBOX_MOVED when another consumer
 * was first.
 */
#define REASON_INBOX_MOVED "INBOX_MOVED"
void inbox_move(PgBatch *batch, const char *consumer, const InboxItem *items, size_t n);
