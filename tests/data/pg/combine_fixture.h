/* Batches of several threads that share transactions, and gates that keep a transaction open. */
#pragma once

#include <pthread.h>

#include "fixture.h"
#include "pg/combine_private.h"
#include "pg/lock.h"
#include "proxy.h"

#define N_WRITERS 8
#define N_SESSIONS 3 /* so few that shared transactions run one at a time, however long they last */
#define GATE 7
#define SECOND_GATE 8
#define SLEEPY_GATE 9 /* whose visitor looks once, and sleeps on */
#define DEADLINE_MS 30000

/* A gate keeps the first transaction open until all are queued behind it; it is no lock to the server. */
static const char *dsn;
static PgPool *pool;
static PgLock *gate;

static inline void set_up(void) {
        pool = pool_new("combine", N_SESSIONS, &dsn);
        gate = pg_lock_new(dsn);
        test_sql(dsn, "CREATE FUNCTION pass_gate(gate bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
                      "  WHILE EXISTS"
                      " (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = gate) LOOP"
                      "    PERFORM pg_sleep(CASE gate WHEN 9 THEN 600 ELSE 0.002 END);"
                      "  END LOOP;"
                      "  RETURN true; END $$");
        test_sql(dsn, "CREATE TABLE notes (id bigint CONSTRAINT notes_id PRIMARY KEY, note text,"
                      "                    xid xid8 DEFAULT pg_current_xact_id())");
}

static inline void tear_down(void) {
        pg_lock_free(gate);
        pg_pool_free(pool);
}

static const PgStatement sql_pass = PG_READ_ROWS("SELECT pass_gate(n) FROM unnest($1) AS g (n)");
static const PgStatement sql_note =
        PG_WRITE_ROWS("WITH wanted AS ("
                      "        SELECT * FROM unnest($1, $2) WITH ORDINALITY AS n (id, note, ordinal)"
                      "), added AS ("
                      "        INSERT INTO notes (id, note) SELECT id, note FROM wanted"
                      "        RETURNING id"
                      ") SELECT ordinal, id FROM wanted JOIN added USING (id) ORDER BY ordinal");
static const PgStatement sql_want = PG_READ_ROWS(
        "SELECT require_rows(wanted::int, 'UNWANTED') FROM unnest($1) AS w (wanted)");
static const PgStatement sql_touch =
        PG_WRITE_ROWS("UPDATE notes SET note = n.note FROM unnest($1, $2) AS n (id, note)"
                      " WHERE notes.id = n.id");

/* One batch on a thread of its own. */
typedef struct Writer {
        PgPool *pool;
        pthread_t thread;
        int64_t id;
        bool is_wanted;
        int64_t gate; /* that its batch waits at; 0: none */
        int64_t deadline_ms;
        Arena *arena;
        const Error *error;
        bool has_own_rows; /* and no others */
        bool violates;
} Writer;

static inline void *write_note(void *arg) {
        Writer *writer = arg;
        Ctx ctx = ctx_background(writer->arena);

        ctx_limit(&ctx, writer->deadline_ms);
        PgBatch *batch = pg_batch_new(writer->pool, &ctx);
        if (writer->gate)
                pg_batch_add(batch, &sql_pass, PG_ARGS(pg_int64(writer->gate)));
        size_t note = pg_batch_add(batch, &sql_note, PG_ARGS(pg_int64(writer->id), pg_text("new")));
        pg_batch_add(batch, &sql_note, PG_ARGS(pg_int64(writer->id + 1000), pg_text(NULL)));
        pg_batch_add(batch, &sql_want, PG_ARGS(pg_bool(writer->is_wanted)));
        writer->error = pg_batch_run_shared(batch);
        writer->violates = pg_batch_violates(batch, "notes_id");
        if (writer->error)
                return NULL;
        const PgRows *rows = pg_batch_rows(batch, note);
        writer->has_own_rows = pg_rows_count(rows) == 2 && pg_get_int64(rows, 0, 0) == writer->id &&
                               pg_get_int64(rows, 1, 0) == writer->id + 1000;
        return NULL;
}

static inline void free_arena(void *arena) {
        arena_free(arena);
}

static inline void start(Writer *writer, int64_t id) {
        *writer = (Writer) { .pool = pool, .id = id, .is_wanted = true, .deadline_ms = DEADLINE_MS,
                             .arena = arena_new() };
        arena_defer(test_ctx()->arena, free_arena, writer->arena);
}

static inline void go(Writer *writer) {
        pthread_create(&writer->thread, NULL, write_note, writer);
}

static inline void join(Writer *writer) {
        pthread_join(writer->thread, NULL);
}

static inline bool gate_has_a_visitor(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND state = 'active' AND query LIKE 'SELECT pass_gate%'") > 0;
}

static inline bool are_queued(void *arg) {
        return pg_combiner_waiting(pg_pool_combiner(pool)) == *(size_t *) arg;
}

static inline void wait_until_queued(size_t n) {
        test_wait_until(are_queued, &n, TEST_WAIT_MS, "the batches are queued");
}

static inline void lock_gate(int64_t key) {
        bool is_held = false;

        ck_assert_ok(pg_lock_try(gate, test_ctx(), key, &is_held));
        ck_assert(is_held);
}

static inline void close_this_gate(Writer *first, int64_t key) {
        lock_gate(key);
        start(first, 500);
        first->gate = key;
        go(first);
        test_wait_until(gate_has_a_visitor, NULL, TEST_WAIT_MS, "the first transaction waits at the gate");
}

static inline void close_gate(Writer *first) {
        close_this_gate(first, GATE);
}

static inline void open_gate(int64_t key) {
        ck_assert_ok(pg_lock_release(gate, test_ctx(), key));
}

static inline void queue_writers(Writer *writers, size_t n) {
        for (size_t i = 0; i < n; i++)
                go(&writers[i]);
        wait_until_queued(n);
}

static inline int64_t count_notes(void) {
        return test_sql_int64(dsn, "SELECT count(*) FROM notes");
}

static const PgStatement sql_claim =
        PG_WRITE_ROWS("WITH wanted AS ("
                      "        SELECT * FROM unnest($1, $2) WITH ORDINALITY AS n (id, note, ordinal)"
                      "), added AS ("
                      "        INSERT INTO notes (id, note) SELECT id, note FROM wanted"
                      "        ON CONFLICT (id) DO NOTHING RETURNING id"
                      ") SELECT ordinal FROM wanted JOIN added USING (id)");

static inline void *claim(void *arg) {
        Writer *writer = arg;
        Ctx ctx = ctx_background(writer->arena);
        const PgRows *rows;

        ctx_limit(&ctx, writer->deadline_ms);
        writer->error = pg_run_shared(pool, &ctx, &sql_claim,
                                      PG_ARGS(pg_int64(writer->id), pg_text("claimed")), &rows);
        writer->has_own_rows = !writer->error && pg_rows_count(rows) == 1;
        return NULL;
}
