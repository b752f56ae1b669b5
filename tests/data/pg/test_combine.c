#include "combine_fixture.h"

TEST(who_waits_shares_the_next_transaction) {
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

/* All of one key, and one of another that comes last: it need not wait for them. */
TEST(two_of_one_key_never_share_a_transaction) {
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

TEST(what_does_not_say_whose_it_is_is_shown_to_nobody) {
        static const PgStatement sql_unnamed = PG_READ_ROWS("SELECT n FROM unnest($1) AS u (n)");
        PgBatch *batch = pg_batch_new(pool, test_ctx());
        size_t unnamed = pg_batch_add(batch, &sql_unnamed, PG_ARGS(pg_int64(1)));

        ck_assert_ok(pg_batch_run(batch));
        ck_assert_uint_eq(pg_rows_count(pg_batch_rows(batch, unnamed)), 0);
        ck_assert_ok(pg_batch_run_shared(batch));
        ck_assert_uint_eq(pg_rows_count(pg_batch_rows(batch, unnamed)), 0);
}

TEST(one_that_is_refused_takes_nobody_with_it) {
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

TEST(who_runs_out_of_time_in_the_queue_has_written_nothing) {
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

TEST(a_row_that_somebody_holds_keeps_only_who_wants_it) {
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

static bool are_at_second_gate(void *arg) {
        return pg_combiner_waiting(pg_pool_combiner(pool)) == 0 && gate_has_a_visitor(arg);
}

/* The second transaction is under way, with all writers in it, when its answer is lost. */
TEST(all_who_shared_a_transaction_whose_answer_is_lost_are_told_so) {
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

int main(void) {
        Suite *suite = suite_create("pg/combine");
        TCase *tests = tcase_create("combine");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
