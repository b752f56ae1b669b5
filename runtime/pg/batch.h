/*
 * Statements that run as one pipelined transaction: one round trip, all or nothing.
 *
 *         static const PgStatement sql_insert_order = PG_WRITE("INSERT INTO orders ... VALUES ($1, $2)");
 *
 *         PgBatch *batch = pg_batch_new(pool, ctx);
 *         pg_batch_add(batch, &sql_insert_order, PG_ARGS(pg_text(order->id), pg_int64(order->total_minor)));
 *         outbox_add(batch, &event);
 *         TRY(pg_batch_run(batch));
 *
 * A fence is a statement that calls require_rows(count, 'REASON') (see migrate.h): when it does not hold, the
 * whole batch is rolled back and the error carries that reason. Deadlocks and serialization failures are
 * retried here, since nothing of a failed batch is left; other failures are the caller's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/str.h"
#include "pg/pool.h"
#include "pg/statement.h"

typedef enum PgType {
        PG_TEXT,        /* text */
        PG_INT64,       /* bigint */
        PG_BOOL,        /* boolean */
        PG_BYTES,       /* bytea */
        PG_JSON,        /* jsonb, given as text */
        PG_TIME,        /* timestamptz, microseconds since 1970 */
        PG_UUID,        /* uuid, given as text */
        PG_TEXT_ARRAY,  /* text[] */
        PG_INT64_ARRAY, /* bigint[] */
} PgType;

/* One parameter; what it points to must live until the batch has run. */
typedef struct PgArg {
        PgType type;
        bool is_null;
        const void *data; /* the text, bytes, or first array item */
        size_t n;         /* bytes, or array items */
        int64_t number;
} PgArg;

typedef struct PgArgs {
        const PgArg *items;
        size_t n;
} PgArgs;

#define PG_ARGS(...)                                                                                         \
        ((PgArgs) { .items = (const PgArg[]) { __VA_ARGS__ },                                                \
                    .n = sizeof((const PgArg[]) { __VA_ARGS__ }) / sizeof(PgArg) })
#define PG_NO_ARGS ((PgArgs) { 0 })

PgArg pg_text(const char *text); /* NULL is SQL NULL, here and below */
PgArg pg_int64(int64_t number);
PgArg pg_bool(bool value);
PgArg pg_bytes(Bytes bytes);
PgArg pg_json(const char *text);
PgArg pg_time(int64_t wall_us);
PgArg pg_time_or_null(int64_t wall_us); /* 0: NULL */
PgArg pg_uuid(const char *text);
PgArg pg_text_array(const char *const *items, size_t n_items); /* no items: an empty array, never NULL */
PgArg pg_int64_array(const int64_t *items, size_t n_items);
PgArg pg_null(PgType type);

typedef struct PgBatch PgBatch;
typedef struct PgRows PgRows;

/* Both live in ctx->arena. */
PgBatch *pg_batch_new(PgPool *pool, Ctx *ctx);

/* Its context, for what adds statements to a batch that it was handed. */
Ctx *pg_batch_ctx(const PgBatch *batch);

/*
 * Copies args (not what they point to). Returns the statement's index in the batch, one for all of its rows.
 */
size_t pg_batch_add(PgBatch *batch, const PgStatement *statement, PgArgs args);

/* Makes pg_batch_run fail with error, before anything is sent; the first one stays. */
void pg_batch_refuse(PgBatch *batch, const Error *error);

/*
 * Runs the batch. May be called again.
 *
 * errors     the reason of a require_rows() that did not hold (code ABORTED);
 *            UNAVAILABLE when no session could be had, or too many deadlocks: nothing was done;
 *            WRITE_UNCERTAIN when the connection was lost before the commit was confirmed and the batch
 *            writes;
 *            DEADLINE_EXCEEDED; internal and final for values that the database refuses (see
 *            pg_batch_violates), internal for a wrong statement or schema
 */
const Error *pg_batch_run(PgBatch *batch) MUST_CHECK;

/*
 * Runs the batch in one transaction with others of its pool that came meanwhile, so that they pay for one
 * commit and one call per statement; all of its statements must take rows. Each must touch rows of its own
 * aggregate only, or lock in its first statement, in one order, what others may touch. When the server
 * refuses the transaction, or it would have to wait long for a row that somebody holds, every batch of it
 * runs alone.
 *
 * errors     those of pg_batch_run
 */
const Error *pg_batch_run_shared(PgBatch *batch) MUST_CHECK;

/*
 * The result of the statement with that index, after a successful run. Of a statement over rows it is what
 * belongs to the batch's own rows, with or without others in the transaction: the statement's first column
 * must be "ordinal", that of unnest(...) WITH ORDINALITY, which is not counted here; without it there are no
 * rows to see.
 */
const PgRows *pg_batch_rows(const PgBatch *batch, size_t index);

/* After a failed run: true when it failed at the unique, foreign key or check constraint of that name. */
bool pg_batch_violates(const PgBatch *batch, const char *constraint);

/* One statement as a batch of its own; ret_rows may be NULL. errors: those of pg_batch_run */
const Error *pg_run(PgPool *pool, Ctx *ctx, const PgStatement *statement, PgArgs args,
                    const PgRows **ret_rows) MUST_CHECK;

/*
 * One row of a statement that takes rows, as a batch of its own that may share; ret_rows may be NULL. errors:
 * those of pg_batch_run
 */
const Error *pg_run_shared(PgPool *pool, Ctx *ctx, const PgStatement *statement, PgArgs args,
                           const PgRows **ret_rows) MUST_CHECK;

/* Rows live in the arena of the context that ran them; texts are terminated and borrowed from them. */
size_t pg_rows_count(const PgRows *rows);
size_t pg_rows_affected(const PgRows *rows); /* by INSERT, UPDATE, DELETE;
                                              * not of a statement over rows */
bool pg_is_null(const PgRows *rows, size_t row, size_t column);
const char *pg_get_text(const PgRows *rows, size_t row, size_t column); /* text, varchar, uuid, jsonb;
                                                                         * NULL for NULL */
int64_t pg_get_int64(const PgRows *rows, size_t row, size_t column);    /* any integer type; 0 for NULL */
bool pg_get_bool(const PgRows *rows, size_t row, size_t column);
int64_t pg_get_time(const PgRows *rows, size_t row, size_t column);     /* microseconds since 1970;
                                                                         * 0 for NULL */
Bytes pg_get_bytes(const PgRows *rows, size_t row, size_t column);      /* { NULL, 0 } for NULL */
