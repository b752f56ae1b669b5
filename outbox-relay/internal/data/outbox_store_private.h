/* What the files of the store share. */
#pragma once

#include "data/outbox_store.h"

typedef struct OutboxStore {
        RelayStore base;
        PgPool *pool;
        Ownership *ownership;
        size_t batch_limit;
        int64_t stream_created_us; /* of the stream that is published to; marks are fenced by it */
        int64_t purge_after_id;    /* how far the purge has come */
} OutboxStore;
