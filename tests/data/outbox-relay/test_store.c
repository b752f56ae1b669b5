#include "data/replay.h"
#include "relay_fixture.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static PgPool *pool;
static Ownership *ownership;
static RelayStore *store;

static void open_store(const char *dsn, size_t batch_limit) {
        pool = pool_on(dsn, 1);
        ownership = relay_ownership_new(dsn, pool, "test");
        store = relay_outbox_store_new(test_ctx()->arena, pool, ownership, batch_limit);
        ck_assert_ok(relay_ownership_tend(ownership, test_ctx()));
}

static void close_store(void) {
        relay_ownership_free(ownership);
        pg_pool_free(pool);
}

static size_t read_all(RelayEvent **ret_events, bool *ret_is_full) {
        size_t n;

        ck_assert_ok(store->read(store, test_ctx(), ret_events, &n, ret_is_full));
        return n;
}

TEST(reads_up_to_the_limit_shared_by_the_partitions_and_says_whether_there_may_be_more) {
        const char *dsn = relay_database();
        RelayEvent *events;
        bool is_full;

        open_store(dsn, OUTBOX_PARTITIONS * 2);
        ck_assert_uint_eq(read_all(&events, &is_full), 0);
        ck_assert(!is_full);
        relay_write_events(dsn, "A", 1, 1, 1);
        ck_assert_uint_eq(read_all(&events, &is_full), 1);
        ck_assert(!is_full);
        ck_assert_str_eq(events[0].aggregate_id, "A-1");
        ck_assert_str_eq(events[0].aggregate_type, "order");
        ck_assert_int_eq(events[0].aggregate_version, 1);
        ck_assert_ptr_null(events[0].traceparent);
        relay_write_events(dsn, "B", OUTBOX_PARTITIONS, 1, 10);
        ck_assert_uint_eq(read_all(&events, &is_full), OUTBOX_PARTITIONS * 2);
        ck_assert(is_full);
        close_store();
}

TEST(a_clock_that_steps_back_does_not_stretch_the_pause_of_a_refused_event) {
        const char *dsn = relay_database();
        RelayEvent *events;
        bool is_full;

        relay_write_events(dsn, "A", 1, 1, 2);
        test_sql(dsn, "UPDATE outbox SET next_attempt_at = now() + interval '5 s'"
                      " WHERE aggregate_version = 1");
        open_store(dsn, 1000);
        ck_assert_uint_eq(read_all(&events, &is_full), 0);
        test_sql(dsn, "UPDATE outbox SET next_attempt_at = now() + interval '1 h'"
                      " WHERE aggregate_version = 1");
        ck_assert_uint_eq(read_all(&events, &is_full), 2);
        ck_assert_int_eq(events[1].previous_version, 1);
        ck_assert_int_eq(events[1].waits_for_id, events[0].id);
        close_store();
}

TEST(an_event_waits_while_its_predecessor_is_lost_and_not_yet_taken_back) {
        const char *dsn = relay_database();
        RelayEvent *events;
        bool is_full;

        relay_write_events(dsn, "A", 1, 1, 2);
        test_sql(dsn, "UPDATE outbox SET processed_at = now(), stream_sequence = 7"
                      " WHERE aggregate_version = 1");
        test_sql(dsn, "INSERT INTO outbox_stream (created_us, last_sequence, epoch, is_replaying,"
                      " replay_above) VALUES (1, 9, 1, true, 6)");
        open_store(dsn, 1000);
        ck_assert_uint_eq(read_all(&events, &is_full), 0);
        test_sql(dsn, "UPDATE outbox_stream SET replay_above = 7");
        ck_assert_uint_eq(read_all(&events, &is_full), 1);
        ck_assert_int_eq(events[0].previous_sequence, 7);
        ck_assert_int_eq(events[0].waits_for_id, 0);
        close_store();
}

TEST(what_was_marked_since_the_loss_is_not_lost) {
        const char *dsn = relay_database();
        RelayEvent *events;
        bool is_full, is_done;

        relay_write_events(dsn, "A", 2, 1, 2);
        test_sql(dsn, "UPDATE outbox SET processed_at = now(), stream_sequence = 7,"
                      "       stream_epoch = CASE WHEN aggregate_id = 'A-1' THEN 1 ELSE 0 END"
                      " WHERE aggregate_version = 1");
        test_sql(dsn, "INSERT INTO outbox_stream (created_us, last_sequence, epoch, is_replaying,"
                      " replay_above) VALUES (1, 9, 1, true, 6)");
        open_store(dsn, 1000);
        ck_assert_uint_eq(read_all(&events, &is_full), 1);
        ck_assert_str_eq(events[0].aggregate_id, "A-1");
        do
                ck_assert_ok(relay_replay_page(store, test_ctx(), &is_done));
        while (!is_done);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT string_agg(aggregate_id, ' ') FROM outbox"
                                            " WHERE aggregate_version = 1 AND processed_at IS NOT NULL"),
                         "A-1");
        close_store();
}

TEST(only_what_is_owned_is_read) {
        const char *dsn = relay_database();
        RelayEvent *events;
        bool is_full;

        relay_write_events(dsn, "A", OUTBOX_PARTITIONS, 1, 1);
        open_store(dsn, 1000);
        relay_ownership_forget(ownership);
        ck_assert_uint_eq(read_all(&events, &is_full), 0);
        ck_assert(!is_full);
        close_store();
}

TEST(purges_what_was_processed_long_ago_and_nothing_else) {
        const char *dsn = relay_database();
        bool is_done = false;
        int n_pages = 0;

        relay_write_events(dsn, "OLD", 500, 1, 5);
        relay_write_events(dsn, "STUCK", 10, 1, 1);
        test_sql(dsn, "UPDATE outbox SET created_at = now() - interval '9 days'");
        test_sql(dsn,
                 "UPDATE outbox SET processed_at = now() - interval '8 days' WHERE aggregate_id LIKE 'OLD%'");
        test_sql(dsn,
                 "UPDATE outbox SET processed_at = now() - interval '6 days' WHERE aggregate_id = 'OLD-7'");
        relay_write_events(dsn, "NEW", 100, 1, 1);
        test_sql(dsn, "UPDATE outbox SET processed_at = now() WHERE aggregate_id LIKE 'NEW%'");
        open_store(dsn, 1000);
        for (; !is_done; n_pages++)
                ck_assert_ok(relay_outbox_store_purge(store, test_ctx(), 7 * DAY_MS, &is_done));
        ck_assert_int_ge(n_pages, 3);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE aggregate_id LIKE 'OLD%'"),
                         5);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE aggregate_id LIKE 'STUCK%'"),
                         10);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE aggregate_id LIKE 'NEW%'"),
                         100);
        ck_assert_ok(relay_outbox_store_purge(store, test_ctx(), 5 * DAY_MS, &is_done));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE aggregate_id LIKE 'OLD%'"),
                         0);
        close_store();
}

TEST(tells_what_waits_for_how_long_and_what_is_dead) {
        const char *dsn = relay_database();
        OutboxLag lag;

        open_store(dsn, 1000);
        ck_assert_ok(relay_outbox_store_lag(store, test_ctx(), &lag));
        ck_assert_int_eq(lag.n_pending + lag.oldest_age_ms + lag.n_dead, 0);
        relay_write_events(dsn, "A", 20, 1, 2);
        test_sql(dsn, "UPDATE outbox SET created_at = now() - interval '1 hour' WHERE aggregate_id = 'A-3'");
        ck_assert_ok(relay_outbox_store_lag(store, test_ctx(), &lag));
        ck_assert_int_eq(lag.n_pending, 40);
        ck_assert_int_ge(lag.oldest_age_ms, 3600 * 1000);
        ck_assert_int_lt(lag.oldest_age_ms, 3700 * 1000);
        close_store();
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/store");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 60);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
