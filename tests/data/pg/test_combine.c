#include "fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "pg/combine.h"
#include "pg/lock.h"
#include "proxy.h"

#define N_WRITERS 8
#define N_SESSIONS 3 /* so few that shared transactions run one at a time, however long they last */
#define GATE 7
#define SECOND_GATE 8
#define SLEEPY_GATE 9 /* whose visitor looks once, and sleeps on */
#define DEADLINE_MS 30000

/*
 * A gate keeps the first transaction open until everybody else is queued behind it; it is no lock to the
 * server.
 */
static const char *dsn;
static PgPool *pool;
static PgLock *gate;

static void set_up(void) {
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

static void tear_down(void) {
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

static void *write_note(void *arg) {
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

static void free_arena(void *arena) {
        arena_free(arena);
}

static void start(Writer *writer, int64_t id) {
        *writer = (Writer) { .pool = pool, .id = id, .is_wanted = true, .deadline_ms = DEADLINE_MS,
                             .arena = arena_new() };
        arena_defer(test_ctx()->arena, free_arena, writer->arena);
}

static void go(Writer *writer) {
        pthread_create(&writer->thread, NULL, write_note, writer);
}

static void join(Writer *writer) {
        pthread_join(writer->thread, NULL);
}

static bool gate_has_a_visitor(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND state = 'active' AND query LIKE 'SELECT pass_gate%'") > 0;
}

static bool are_queued(void *arg) {
        return pg_combiner_waiting(pg_pool_combiner(pool)) == *(size_t *) arg;
}

static void wait_until_queued(size_t n) {
        test_wait_until(are_queued, &n, TEST_WAIT_MS, "the batches are queued");
}

static void lock_gate(int64_t key) {
        bool is_held = false;

        ck_assert_ok(pg_lock_try(gate, test_ctx(), key, &is_held));
        ck_assert(is_held);
}

static void close_this_gate(Writer *first, int64_t key) {
        lock_gate(key);
        start(first, 500);
        first->gate = key;
        go(first);
        test_wait_until(gate_has_a_visitor, NULL, TEST_WAIT_MS, "the first transaction waits at the gate");
}

static void close_gate(Writer *first) {
        close_this_gate(first, GATE);
}

static void open_gate(int64_t key) {
        ck_assert_ok(pg_lock_release(gate, test_ctx(), key));
}

static void queue_writers(Writer *writers, size_t n) {
        for (size_t i = 0; i < n; i++)
                go(&writers[i]);
        wait_until_queued(n);
}

static int64_t count_notes(void) {
        return test_sql_int64(dsn, "SELECT count(*) FROM notes");
}

START_TEST(who_waits_shares_the_next_transaction) {
        Writer first, writers[N_WRITERS];

        close_gate(&first);
        for (int64_t i = 0; i < N_WRITERS; i++)
                start(&writers[i], i);
        queue_writers(writers, N_WRITERS);
        open_gate(GATE);
        join(&first);
        for (size_t i = 0; i < N_WRITERS; i++) {
                join(&writers[i]);
                ck_assert_ok(writers[i].error);
                ck_assert(writers[i].has_own_rows);
        }
        ck_assert_ok(first.error);
        ck_assert_int_eq(count_notes(), 2 * (N_WRITERS + 1));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT xid) FROM notes"), 2);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM notes WHERE id >= 1000 AND note IS NULL"),
                         N_WRITERS + 1);
}
END_TEST

static const PgStatement sql_claim =
        PG_WRITE_ROWS("WITH wanted AS ("
                      "        SELECT * FROM unnest($1, $2) WITH ORDINALITY AS n (id, note, ordinal)"
                      "), added AS ("
                      "        INSERT INTO notes (id, note) SELECT id, note FROM wanted"
                      "        ON CONFLICT (id) DO NOTHING RETURNING id"
                      ") SELECT ordinal FROM wanted JOIN added USING (id)");

static void *claim(void *arg) {
        Writer *writer = arg;
        Ctx ctx = ctx_background(writer->arena);
        const PgRows *rows;

        ctx_limit(&ctx, writer->deadline_ms);
        writer->error = pg_run_shared(pool, &ctx, &sql_claim,
                                      PG_ARGS(pg_int64(writer->id), pg_text("claimed")), &rows);
        writer->has_own_rows = !writer->error && pg_rows_count(rows) == 1;
        return NULL;
}

/* All of one key, and one of another that comes last: it need not wait for them. */
START_TEST(two_of_one_key_never_share_a_transaction) {
        Writer first, writers[N_WRITERS];
        size_t n_new = 0;

        close_gate(&first);
        for (size_t i = 0; i < N_WRITERS; i++) {
                start(&writers[i], i < N_WRITERS - 1 ? 1 : 2);
                pthread_create(&writers[i].thread, NULL, claim, &writers[i]);
                wait_until_queued(i + 1);
        }
        open_gate(GATE);
        join(&first);
        for (size_t i = 0; i < N_WRITERS; i++) {
                join(&writers[i]);
                ck_assert_ok(writers[i].error);
                n_new += writers[i].has_own_rows;
        }
        ck_assert_uint_eq(n_new, 2);
        ck_assert(writers[0].has_own_rows);
        ck_assert(writers[N_WRITERS - 1].has_own_rows);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT xid) FROM notes WHERE note = 'claimed'"),
                         1);
}
END_TEST

START_TEST(what_does_not_say_whose_it_is_is_shown_to_nobody) {
        static const PgStatement sql_unnamed = PG_READ_ROWS("SELECT n FROM unnest($1) AS u (n)");
        PgBatch *batch = pg_batch_new(pool, test_ctx());
        size_t unnamed = pg_batch_add(batch, &sql_unnamed, PG_ARGS(pg_int64(1)));

        ck_assert_ok(pg_batch_run(batch));
        ck_assert_uint_eq(pg_rows_count(pg_batch_rows(batch, unnamed)), 0);
        ck_assert_ok(pg_batch_run_shared(batch));
        ck_assert_uint_eq(pg_rows_count(pg_batch_rows(batch, unnamed)), 0);
}
END_TEST

START_TEST(one_that_is_refused_takes_nobody_with_it) {
        Writer first, writers[N_WRITERS];

        close_gate(&first);
        for (int64_t i = 0; i < N_WRITERS; i++)
                start(&writers[i], i);
        writers[3].is_wanted = false;
        writers[5].id = 500; /* which the first one writes */
        queue_writers(writers, N_WRITERS);
        open_gate(GATE);
        join(&first);
        for (size_t i = 0; i < N_WRITERS; i++)
                join(&writers[i]);
        for (size_t i = 0; i < N_WRITERS; i++)
                if (i != 3 && i != 5)
                        ck_assert_ok(writers[i].error);
        ck_assert_reason(writers[3].error, "UNWANTED");
        ck_assert_ptr_nonnull(writers[5].error);
        ck_assert(writers[5].violates);
        ck_assert(!writers[3].violates);
        ck_assert_int_eq(count_notes(), 2 * (N_WRITERS - 1));
}
END_TEST

START_TEST(who_runs_out_of_time_in_the_queue_has_written_nothing) {
        Writer first, late, other;

        close_gate(&first);
        start(&late, 1);
        late.deadline_ms = 100;
        start(&other, 2);
        go(&late);
        go(&other);
        join(&late);
        ck_assert_reason(late.error, REASON_DEADLINE_EXCEEDED);
        wait_until_queued(1);
        open_gate(GATE);
        join(&first);
        join(&other);
        ck_assert_ok(first.error);
        ck_assert_ok(other.error);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM notes WHERE id = 1"), 0);
        ck_assert_int_eq(count_notes(), 4);
}
END_TEST

static void *touch(void *arg) {
        Writer *writer = arg;
        Ctx ctx = ctx_background(writer->arena);
        PgBatch *batch = pg_batch_new(pool, &ctx);

        ctx_limit(&ctx, writer->deadline_ms);
        pg_batch_add(batch, &sql_touch, PG_ARGS(pg_int64(writer->id), pg_text("touched")));
        writer->error = pg_batch_run_shared(batch);
        return NULL;
}

/* A batch of its own that holds a row for as long as the gate is closed. */
static void *hold_row(void *arg) {
        static const PgStatement sql_hold = PG_WRITE("UPDATE notes SET note = 'held' WHERE id = 1");
        static const PgStatement sql_stay = PG_READ("SELECT pass_gate($1)");
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        PgBatch *batch = pg_batch_new(pool, &ctx);

        (void) arg;
        pg_batch_add(batch, &sql_hold, PG_NO_ARGS);
        pg_batch_add(batch, &sql_stay, PG_ARGS(pg_int64(GATE)));
        ck_assert_ok(pg_batch_run(batch));
        arena_free(arena);
        return NULL;
}

START_TEST(a_row_that_somebody_holds_keeps_only_who_wants_it) {
        Writer wants_it, others[2];
        pthread_t holder;

        test_sql(dsn, "INSERT INTO notes VALUES (1, 'old')");
        lock_gate(GATE);
        pthread_create(&holder, NULL, hold_row, NULL);
        test_wait_until(gate_has_a_visitor, NULL, TEST_WAIT_MS, "the row is held");

        start(&wants_it, 1);
        start(&others[0], 10);
        start(&others[1], 11);
        pthread_create(&wants_it.thread, NULL, touch, &wants_it);
        for (size_t i = 0; i < 2; i++)
                go(&others[i]);
        for (size_t i = 0; i < 2; i++) {
                join(&others[i]);
                ck_assert_ok(others[i].error);
        }
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM notes WHERE note = 'touched'"), 0);
        open_gate(GATE);
        pthread_join(holder, NULL);
        join(&wants_it);
        ck_assert_ok(wants_it.error);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM notes WHERE note = 'touched'"), 1);
}
END_TEST

static bool are_at_second_gate(void *arg) {
        return pg_combiner_waiting(pg_pool_combiner(pool)) == 0 && gate_has_a_visitor(arg);
}

/* The second transaction is under way, with all writers in it, when its answer is lost. */
START_TEST(all_who_shared_a_transaction_whose_answer_is_lost_are_told_so) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        PgPool *direct = pool;
        Writer first, writers[N_WRITERS];

        pool = pool_on(through, N_SESSIONS);
        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
        close_gate(&first);
        lock_gate(SECOND_GATE);
        for (int64_t i = 0; i < N_WRITERS; i++)
                start(&writers[i], i);
        writers[N_WRITERS - 1].gate = SECOND_GATE;
        queue_writers(writers, N_WRITERS);
        open_gate(GATE);
        join(&first);
        ck_assert_ok(first.error);
        test_wait_until(are_at_second_gate, NULL, TEST_WAIT_MS, "the shared transaction waits at the gate");
        proxy_set_mode(proxy, PROXY_LOSE_ANSWER);
        open_gate(SECOND_GATE);
        for (size_t i = 0; i < N_WRITERS; i++) {
                join(&writers[i]);
                ck_assert_reason(writers[i].error, REASON_WRITE_UNCERTAIN);
        }
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT xid) FROM notes"), 2);
        ck_assert_int_eq(count_notes(), 2 * (N_WRITERS + 1));
        pg_pool_free(pool);
        pool = direct;
        proxy_free(proxy);
}
END_TEST

static const char sql_sleeper[] = "SELECT coalesce(max(pid), 0) FROM pg_stat_activity"
                                  " WHERE datname = current_database() AND wait_event = 'PgSleep'"
                                  "   AND query LIKE 'SELECT pass_gate%'";

static bool visitor_sleeps(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, sql_sleeper) > 0;
}

/*
 * Stops the session that sleeps at the gate: one that is looking at pg_locks has locks of the server in its
 * hands, which everybody would wait for. A child waits for the end of the pipe that is returned and ends the
 * session then: also when this test fails or is killed.
 */
static int stop_visitor(void) {
        test_wait_until(visitor_sleeps, NULL, TEST_WAIT_MS, "the first transaction sleeps");
        pid_t visitor = (pid_t) test_sql_int64(dsn, sql_sleeper);
        int ends[2];
        char byte;

        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        if (fork() == 0) {
                close(ends[1]);
                setsid(); /* or it ends with this test */
                (void) !read(ends[0], &byte, 1);
                kill(visitor, SIGTERM);
                kill(visitor, SIGCONT);
                _exit(0);
        }
        close(ends[0]);
        ck_assert_int_eq(kill(visitor, SIGSTOP), 0);
        return ends[1];
}

/* Its own deadline is later than that of a shared transaction. One more wants its key, and has less time. */
START_TEST(a_session_that_hangs_holds_back_only_who_is_on_it) {
        PgPool *few = pool;
        Writer first, same, writers[N_WRITERS];

        pool = pool_on(dsn, 4);
        close_this_gate(&first, SLEEPY_GATE);
        int stop = stop_visitor();
        start(&same, 500);
        same.deadline_ms = 2000;
        go(&same);
        wait_until_queued(1);
        for (int64_t i = 0; i < N_WRITERS; i++) {
                start(&writers[i], i);
                go(&writers[i]);
        }
        for (size_t i = 0; i < N_WRITERS; i++) {
                join(&writers[i]);
                ck_assert_ok(writers[i].error);
        }
        ck_assert_int_eq(count_notes(), 2 * N_WRITERS);
        join(&same);
        ck_assert_reason(same.error, REASON_DEADLINE_EXCEEDED);
        join(&first);
        ck_assert_reason(first.error, REASON_WRITE_UNCERTAIN);
        close(stop);
        open_gate(SLEEPY_GATE);
        pg_pool_free(pool);
        pool = few;
}
END_TEST

/* It waits until those of its key are done, and leads then. */
START_TEST(who_wants_a_key_that_is_in_use_waits_for_its_end) {
        PgPool *few = pool;
        Writer first, same, other;

        pool = pool_on(dsn, 4);
        close_gate(&first);
        start(&same, 500);
        pthread_create(&same.thread, NULL, claim, &same);
        wait_until_queued(1);
        start(&other, 1);
        go(&other);
        join(&other);
        ck_assert_ok(other.error);
        wait_until_queued(1);
        open_gate(GATE);
        join(&first);
        join(&same);
        ck_assert_ok(first.error);
        ck_assert_ok(same.error);
        ck_assert(!same.has_own_rows);
        pg_pool_free(pool);
        pool = few;
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pg/combine");
        TCase *tests = tcase_create("combine");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        tcase_add_test(tests, who_waits_shares_the_next_transaction);
        tcase_add_test(tests, two_of_one_key_never_share_a_transaction);
        tcase_add_test(tests, what_does_not_say_whose_it_is_is_shown_to_nobody);
        tcase_add_test(tests, one_that_is_refused_takes_nobody_with_it);
        tcase_add_test(tests, who_runs_out_of_time_in_the_queue_has_written_nothing);
        tcase_add_test(tests, a_row_that_somebody_holds_keeps_only_who_wants_it);
        tcase_add_test(tests, all_who_shared_a_transaction_whose_answer_is_lost_are_told_so);
        tcase_add_test(tests, a_session_that_hangs_holds_back_only_who_is_on_it);
        tcase_add_test(tests, who_wants_a_key_that_is_in_use_waits_for_its_end);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
