#include "data/ownership.h"

#include <stdlib.h>

#include "base/memory.h"
#include "pg/lock.h"
#include "pg/reader.h"

/* Advisory lock keys: ours begin with "relay" in ASCII, then partitions and seats. */
#define KEY_BASE (INT64_C(0x72656c6179) << 16)
#define PARTITION_KEY KEY_BASE
#define SEAT_KEY (KEY_BASE + 256)

#define NO_SEAT -1

struct Ownership {
        PgLock *lock;
        PgPool *pool;
        char *name;
        int64_t seat;
        Owned owned;
};

Ownership *relay_ownership_new(const char *dsn, PgPool *pool, const char *name) {
        Ownership *ownership = MEMORY_NEW(Ownership);

        ownership->lock = pg_lock_new(dsn);
        ownership->pool = pool;
        ownership->name = memory_strdup(name);
        ownership->seat = NO_SEAT;
        return ownership;
}

void relay_ownership_free(Ownership *ownership) {
        if (!ownership)
                return;
        pg_lock_free(ownership->lock);
        free(ownership->name);
        free(ownership);
}

void relay_ownership_forget(Ownership *ownership) {
        ownership->owned.n = 0;
}

const Owned *relay_ownership_owned(const Ownership *ownership) {
        return &ownership->owned;
}

bool relay_ownership_has(const Ownership *ownership, int64_t partition) {
        for (size_t i = 0; i < ownership->owned.n; i++)
                if (ownership->owned.partitions[i] == partition)
                        return true;
        return false;
}

static const Error *take_seat(Ownership *ownership, Ctx *ctx) {
        for (int64_t seat = 0; ownership->seat == NO_SEAT && seat < OUTBOX_PARTITIONS; seat++) {
                bool is_held;

                TRY(pg_lock_try(ownership->lock, ctx, SEAT_KEY + seat, &is_held));
                if (is_held)
                        ownership->seat = seat;
        }
        return NULL;
}

static const PgStatement sql_count_relays =
        PG_READ("SELECT count(*) FROM pg_locks"
                " WHERE locktype = 'advisory' AND granted AND objsubid = 1"
                "   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                "   AND (classid::bigint << 32 | objid::bigint) BETWEEN $1 AND $2");

static const Error *find_share(Ownership *ownership, Ctx *ctx, size_t *ret_share) {
        const PgRows *rows;

        TRY(pg_run(ownership->pool, ctx, &sql_count_relays,
                   PG_ARGS(pg_int64(SEAT_KEY), pg_int64(SEAT_KEY + OUTBOX_PARTITIONS - 1)), &rows));
        size_t n_relays = (size_t) pg_get_int64(rows, 0, 0);
        n_relays = n_relays > 0 ? n_relays : 1;
        *ret_share = (OUTBOX_PARTITIONS + n_relays - 1) / n_relays;
        return NULL;
}

/* Disowned first: when giving back fails, the lock is lost or held in vain, but never written for. */
static const Error *give_back_excess(Ownership *ownership, Ctx *ctx, size_t share) {
        while (ownership->owned.n > share) {
                int64_t partition = ownership->owned.partitions[--ownership->owned.n];

                TRY(pg_lock_release(ownership->lock, ctx, PARTITION_KEY + partition));
        }
        return NULL;
}

static const PgStatement sql_raise_epochs = PG_WRITE(
        "UPDATE outbox_partition SET epoch = epoch + 1, owner = $2 WHERE partition = ANY($1::bigint[])"
        " RETURNING partition, epoch");

static const Error *raise_epochs(Ownership *ownership, Ctx *ctx, const int64_t *partitions, size_t n) {
        Owned *owned = &ownership->owned;
        const PgRows *rows;

        TRY(pg_run(ownership->pool, ctx, &sql_raise_epochs,
                   PG_ARGS(pg_int64_array(partitions, n), pg_text(ownership->name)), &rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++) {
                PgReader at = pg_reader(rows, i);

                owned->partitions[owned->n] = pg_next_int64(&at);
                owned->epochs[owned->n] = pg_next_int64(&at);
                TRY(pg_reader_end(&at));
                owned->n++;
        }
        return NULL;
}

static const Error *take_free(Ownership *ownership, Ctx *ctx, size_t share) {
        int64_t taken[OUTBOX_PARTITIONS];
        size_t n_taken = 0;

        for (int64_t p = 0; p < OUTBOX_PARTITIONS && ownership->owned.n + n_taken < share; p++) {
                bool is_held = false;

                if (!relay_ownership_has(ownership, p))
                        TRY(pg_lock_try(ownership->lock, ctx, PARTITION_KEY + p, &is_held));
                if (is_held)
                        taken[n_taken++] = p;
        }
        return n_taken > 0 ? raise_epochs(ownership, ctx, taken, n_taken) : NULL;
}

static const Error *balance(Ownership *ownership, Ctx *ctx) {
        size_t share;

        TRY(take_seat(ownership, ctx));
        if (ownership->seat == NO_SEAT)
                return NULL;
        TRY(find_share(ownership, ctx, &share));
        TRY(give_back_excess(ownership, ctx, share));
        return take_free(ownership, ctx, share);
}

static void lose_all(Ownership *ownership) {
        ownership->owned.n = 0;
        ownership->seat = NO_SEAT;
}

/* Any error of the lock's session may have ended it, and everything with it. */
const Error *relay_ownership_tend(Ownership *ownership, Ctx *ctx) {
        if (!pg_lock_is_alive(ownership->lock, ctx))
                lose_all(ownership);
        const Error *error = balance(ownership, ctx);
        if (error && !pg_lock_is_alive(ownership->lock, ctx))
                lose_all(ownership);
        return error;
}
