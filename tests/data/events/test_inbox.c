#include "events/inbox_private.h"

#include <pthread.h>

#include "fixture.h"

#define N_MOVERS 8

static const char *dsn;
static PgPool *pool;
static Inbox inbox;

static void use_pool(PgPool *new_pool) {
        pool = new_pool;
        inbox = (Inbox) { .pool = pool, .consumer = "warehouse", .aggregate_type = "order" };
}

static void set_up(void) {
        use_pool(pool_new("inbox", N_MOVERS, &dsn));
        test_sql(dsn, "CREATE TABLE effects (aggregate_id text, version bigint)");
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static const PgStatement sql_effect = PG_WRITE("INSERT INTO effects VALUES ($1, $2)");

/* What a consumer does: judge, apply what is next, move, all in one transaction. */
static const Error *consume(Ctx *ctx, InboxItem *items, size_t n) {
        PgBatch *batch = pg_batch_new(pool, ctx);

        TRY(inbox_judge(&inbox, ctx, items, n));
        for (size_t i = 0; i < n; i++)
                if (items[i].verdict == INBOX_NEXT)
                        pg_batch_add(batch, &sql_effect,
                                     PG_ARGS(pg_text(items[i].aggregate_id), pg_int64(items[i].version)));
        inbox_move(&inbox, batch, items, n);
        return pg_batch_run(batch);
}

TEST(judges_by_the_last_version_and_by_the_other_items) {
        InboxItem items[] = {
                { "a", 1, 0 }, { "b", 2, 1 }, { "a", 2, 1 }, { "a", 2, 1 },
                { "a", 4, 3 }, { "b", 1, 0 }, { "b", 2, 1 }, { "a", 3, 2 },
        };
        static const InboxVerdict expected[] = {
                INBOX_NEXT,  INBOX_EARLY, INBOX_NEXT, INBOX_DUPLICATE,
                INBOX_EARLY, INBOX_NEXT,  INBOX_NEXT, INBOX_NEXT,
        };

        ck_assert_ok(inbox_judge(&inbox, test_ctx(), items, 8));
        for (int i = 0; i < 8; i++)
                ck_assert_msg(items[i].verdict == expected[i], "item %d: %d", i, items[i].verdict);
}

TEST(an_event_whose_predecessors_cannot_come_is_next_and_the_base_of_the_following) {
        InboxItem items[] = { { "a", 5, 0 }, { "a", 6, 5 }, { "b", 3, 1 }, { "b", 1, 0 }, { "b", 3, 1 } };

        ck_assert_ok(inbox_judge(&inbox, test_ctx(), items, 5));
        ck_assert_int_eq(items[0].verdict, INBOX_NEXT);
        ck_assert_int_eq(items[1].verdict, INBOX_NEXT);
        ck_assert_int_eq(items[2].verdict, INBOX_EARLY);
        ck_assert_int_eq(items[3].verdict, INBOX_NEXT);
        ck_assert_int_eq(items[4].verdict, INBOX_NEXT);
        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "a", 2, 1 }, { "a", 1, 0 }, { "a", 5, 0 } }, 3));
        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "a", 9, 0 } }, 1));
        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "a", 8, 7 } }, 1));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'a'"), 9);
}

TEST(applies_each_version_once_and_in_order) {
        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "a", 1, 0 }, { "a", 2, 1 }, { "b", 1, 0 } }, 3));
        InboxItem again[] = { { "a", 2, 1 }, { "a", 4, 3 }, { "a", 3, 2 }, { "b", 1, 0 } };
        ck_assert_ok(consume(test_ctx(), again, 4));

        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM effects"), 4);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM (SELECT DISTINCT * FROM effects) AS once"),
                         4);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'a'"), 3);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT version FROM inbox WHERE aggregate_id = 'b'"), 1);
}

TEST(consumers_do_not_see_one_another) {
        const Inbox review = { .pool = pool, .consumer = "review", .aggregate_type = "order" };
        InboxItem item = { "a", 1, 0 };

        ck_assert_ok(consume(test_ctx(), &item, 1));
        ck_assert_ok(inbox_judge(&review, test_ctx(), &item, 1));
        ck_assert_int_eq(item.verdict, INBOX_NEXT);
}

static int64_t count_inbox(const char *condition) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena, "SELECT count(*) FROM inbox WHERE %s",
                                                condition));
}

TEST(aggregates_of_two_types_may_have_the_same_id) {
        const Inbox usage = { .pool = pool, .consumer = "warehouse", .aggregate_type = "usage" };
        InboxItem item = { "a", 1, 0 };
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "a", 1, 0 }, { "a", 2, 1 } }, 2));
        ck_assert_ok(inbox_judge(&usage, test_ctx(), &item, 1));
        ck_assert_int_eq(item.verdict, INBOX_NEXT);
        inbox_move(&usage, batch, &item, 1);
        ck_assert_ok(pg_batch_run(batch));
        ck_assert_int_eq(count_inbox("aggregate_type = 'order' AND aggregate_id = 'a' AND version = 2"), 1);
        ck_assert_int_eq(count_inbox("aggregate_type = 'usage' AND aggregate_id = 'a' AND version = 1"), 1);
}

static const InboxDead dead = {
        .event_id = "event-1",
        .subject = "events.order.confirmed",
        .payload = { .data = (const uint8_t *) "{\"a\0b\xff", .n_bytes = 7 },
        .reason = "not JSON",
};

static InboxVerdict park(const char *aggregate_id, int64_t version) {
        InboxItem item = { aggregate_id, version, version - 1 };

        ck_assert_ok(inbox_park(&inbox, test_ctx(), &dead, &item));
        return item.verdict;
}

static int64_t count_dead(void) {
        return test_sql_int64(dsn, "SELECT count(*) FROM inbox_dead WHERE consumer = 'warehouse'");
}

TEST(keeps_a_dead_event_byte_by_byte_and_once) {
        ck_assert_ok(inbox_park(&inbox, test_ctx(), &dead, NULL));
        ck_assert_ok(inbox_park(&inbox, test_ctx(), &dead, NULL));
        ck_assert_str_eq(
                test_sql_text(dsn, "SELECT encode(payload, 'hex') || ' ' || subject || ' ' || reason"
                                   "  FROM inbox_dead WHERE event_id = 'event-1'"),
                "7b22610062ff00 events.order.confirmed not JSON");
        ck_assert_int_eq(count_inbox("true"), 0);
}

TEST(what_comes_after_a_dead_event_is_next) {
        InboxItem next = { "a", 2, 1 };

        ck_assert_int_eq(park("a", 1), INBOX_NEXT);
        ck_assert_ok(consume(test_ctx(), &next, 1));
        ck_assert_int_eq(next.verdict, INBOX_NEXT);
        ck_assert_int_eq(park("a", 1), INBOX_DUPLICATE);
        ck_assert_int_eq(count_dead(), 1);
}

TEST(a_dead_event_waits_for_the_one_before_it) {
        ck_assert_int_eq(park("a", 2), INBOX_EARLY);
        ck_assert_int_eq(count_dead(), 0);
        ck_assert_int_eq(count_inbox("true"), 0);
}

static const Error *move(InboxItem *items, size_t n) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_effect, PG_ARGS(pg_text("x"), pg_int64(1)));
        inbox_move(&inbox, batch, items, n);
        return pg_batch_run(batch);
}

TEST(a_move_from_where_the_row_no_longer_is_undoes_the_effect) {
        InboxItem judged[] = { { "a", 1, 0 }, { "b", 1, 0 } };

        ck_assert_ok(inbox_judge(&inbox, test_ctx(), judged, 2));
        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "b", 1, 0 } }, 1));
        ck_assert_reason(move(judged, 2), INNER_INBOX_MOVED);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM effects"), 1);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM inbox WHERE aggregate_id = 'a'"), 0);
}

TEST(a_move_of_a_row_that_is_gone_undoes_the_effect) {
        InboxItem next = { "a", 2, 1 };

        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "a", 1, 0 } }, 1));
        ck_assert_ok(inbox_judge(&inbox, test_ctx(), &next, 1));
        ck_assert_int_eq(next.verdict, INBOX_NEXT);
        test_sql(dsn, "DELETE FROM inbox");
        ck_assert_reason(move(&next, 1), INNER_INBOX_MOVED);
}

TEST(forgets_what_was_not_moved_for_long_and_nothing_else) {
        InboxSweep sweep = { .inbox = &inbox, .retention_hours = 24 };
        bool has_more = false;

        test_sql(dsn, "INSERT INTO inbox (consumer, aggregate_type, aggregate_id, version, created_at,"
                      "                   updated_at)"
                      " SELECT 'warehouse', 'order', 'ORD-' || lpad(i::text, 6, '0'), 1,"
                      "        now() - interval '9 days',"
                      "        now() - CASE WHEN i <= 1500 THEN interval '23 hours'"
                      "                     ELSE interval '25 hours' END"
                      "   FROM generate_series(1, 3000) AS i");
        test_sql(dsn, "INSERT INTO inbox (consumer, aggregate_type, aggregate_id, version, updated_at)"
                      " VALUES ('review', 'order', 'ORD-002000', 1, now() - interval '9 days'),"
                      "        ('warehouse', 'usage', 'ORD-002000', 1, now() - interval '9 days')");
        ck_assert_ok(consume(test_ctx(), (InboxItem[]) { { "ORD-9", 1, 0 } }, 1));
        do
                ck_assert_ok(inbox_sweep(&sweep, test_ctx(), &has_more));
        while (has_more);
        ck_assert_int_eq(count_inbox("true"), 1501 + 2);
        ck_assert_int_eq(count_inbox("consumer = 'review' OR aggregate_type = 'usage'"), 2);
}

TEST(nothing_to_move_adds_nothing) {
        InboxItem duplicate = { "a", 1, 0 };

        ck_assert_ok(consume(test_ctx(), &duplicate, 1));
        ck_assert_ok(inbox_judge(&inbox, test_ctx(), &duplicate, 1));
        ck_assert_ok(move(&duplicate, 1));
        ck_assert_ok(inbox_judge(&inbox, test_ctx(), NULL, 0));
}

/* Every mover gets every event; those that another one moved first are judged again. */
static void *move_all(void *arg) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        bool is_backwards = arg != NULL;

        for (int64_t version = 1; version <= 20; version++) {
                int64_t before = version - 1;
                InboxItem a = { "a", version, before }, b = { "b", version, before };
                InboxItem c = { "c", version, before };
                InboxItem forth[] = { a, b, c }, back[] = { c, b, a };
                const Error *error;

                do
                        error = consume(&ctx, is_backwards ? back : forth, 3);
                while (error_is(error, INNER_INBOX_MOVED));
                ck_assert_ok(error);
        }
        arena_free(arena);
        return NULL;
}

TEST(movers_that_race_apply_each_event_once) {
        pthread_t threads[N_MOVERS];

        for (int i = 0; i < N_MOVERS; i++)
                pthread_create(&threads[i], NULL, move_all, i % 2 ? "backwards" : NULL);
        for (int i = 0; i < N_MOVERS; i++)
                pthread_join(threads[i], NULL);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM effects"), 60);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM (SELECT DISTINCT * FROM effects) AS once"),
                         60);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM inbox WHERE version = 20"), 3);
}

/* A session tells the server what it read when it ends. */
static bool has_no_session(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND pid <> pg_backend_pid()") == 0;
}

/* Rows of the inbox that were read, by whatever way, once no session is left. */
static int64_t count_reads(void) {
        pg_pool_free(pool);
        test_wait_until(has_no_session, NULL, 10000, "the sessions have ended");
        use_pool(pool_on(dsn, N_MOVERS));
        return test_sql_int64(dsn, "SELECT sum(seq_tup_read) + (SELECT sum(idx_tup_read)"
                                   " FROM pg_stat_user_indexes WHERE relname = 'inbox')"
                                   "  FROM pg_stat_user_tables WHERE relname = 'inbox'");
}

static void consume_version(int64_t version) {
        InboxItem items[] = { { "a", version, version - 1 }, { "b", version, version - 1 } };

        ck_assert_ok(consume(test_ctx(), items, 2));
}

/* A session plans its statements when the inbox is small, and keeps the plans while it grows. */
TEST(reads_no_more_when_it_remembers_much) {
        consume_version(1);
        test_sql(dsn, "INSERT INTO inbox (consumer, aggregate_type, aggregate_id, version)"
                      " SELECT 'warehouse', 'order', 'old-' || i, 1 FROM generate_series(1, 20000) AS i");
        for (int64_t version = 2; version <= 10; version++)
                consume_version(version);
        ck_assert_int_lt(count_reads(), 1000);
}

int main(void) {
        Suite *suite = suite_create("events/inbox");
        TCase *tests = tcase_create("inbox");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
