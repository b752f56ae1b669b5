#include "relay_fixture.h"

TEST(the_backlog_of_an_outage_drains_by_itself_and_counts_against_no_event) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_write_events(dsn, "A", 100, 1, 2);
        relay_wait_until_drained(dsn);
        nats_server_kill(server);
        relay_write_events(dsn, "A", 100, 3, 7);
        relay_wait_for(dsn, "SELECT count(*) FROM outbox WHERE processed_at IS NULL", 500);
        nats_server_start(server);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(retry_count) FROM outbox"), 0);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox_dead"), 0);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 700);
        relay_assert_in_order(dsn);
}

TEST(a_server_killed_under_load_costs_no_event_and_stores_none_twice) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { .batch_limit = 200 });
        relay_write_events(dsn, "A", 500, 1, 40);
        for (int i = 0; i < 3; i++) {
                test_wait_until(bus_is_up, relay->bus, WAIT_MS, "the bus is ready");
                nats_server_kill(server);
                nats_server_start(server);
        }
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(retry_count) FROM outbox"), 0);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 20000);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT stream_sequence) FROM outbox"), 20000);
}

TEST(sessions_that_the_server_ends_are_replaced) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_write_events(dsn, "A", 16, 1, 1);
        relay_wait_until_drained(dsn);
        test_sql(dsn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                      " WHERE datname = current_database() AND pid <> pg_backend_pid()");
        relay_write_events(dsn, "A", 16, 2, 10);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 160);
        relay_assert_in_order(dsn);
}

TEST(a_stream_that_was_lost_with_its_store_is_filled_again) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_write_events(dsn, "A", 100, 1, 70);
        relay_wait_until_drained(dsn);
        nats_server_kill(server);
        nats_server_wipe(server);
        relay_write_events(dsn, "A", 100, 71, 72);
        nats_server_start(server);
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_stream WHERE is_replaying", 1);
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_stream WHERE is_replaying", 0);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 7200);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT stream_sequence) FROM outbox"), 7200);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(stream_sequence) FROM outbox"), 7200);
}

TEST(what_a_rolled_back_store_has_forgotten_is_published_again_and_the_rest_is_not) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_write_events(dsn, "A", 100, 1, 3);
        relay_wait_until_drained(dsn);
        const char *marked_at = test_sql_text(dsn, "SELECT max(processed_at) FROM outbox");
        nats_server_kill(server);
        nats_server_save(server);
        nats_server_start(server);
        relay_write_events(dsn, "A", 100, 4, 5);
        relay_wait_until_drained(dsn);
        nats_server_kill(server);
        nats_server_roll_back(server);
        nats_server_start(server);
        relay_wait_for(
                dsn, "SELECT count(*) FROM outbox_stream WHERE replay_above = 300 AND NOT is_replaying",
                1);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 500);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT stream_sequence) FROM outbox"), 500);
        ck_assert_str_eq(
                test_sql_text(dsn, "SELECT max(processed_at) FROM outbox WHERE aggregate_version <= 3"),
                marked_at);
        relay_assert_in_order(dsn);
}

/* Marks that lie in the future are those that were written before the database's clock stepped back. */
TEST(what_is_published_again_does_not_hang_on_the_clock_of_the_database) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_write_events(dsn, "A", 20, 1, 1);
        relay_wait_until_drained(dsn);
        test_sql(dsn, "UPDATE outbox SET processed_at = processed_at + interval '60 s'");
        nats_server_kill(server);
        nats_server_wipe(server);
        nats_server_start(server);
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_stream WHERE epoch = 1 AND NOT is_replaying", 1);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 20);
}

TEST(marks_for_a_stream_that_is_gone_are_not_written) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_write_events(dsn, "A", 10, 1, 1);
        relay_wait_until_drained(dsn);
        int64_t created_us = test_sql_int64(dsn, "SELECT created_us FROM outbox_stream");
        test_sql(dsn, "UPDATE outbox_stream SET created_us = created_us - 1");
        relay_write_events(dsn, "A", 10, 2, 2);
        relay_wait_for(dsn,
                       "SELECT coalesce(max(created_us), 0) FROM outbox_stream WHERE NOT is_replaying",
                       created_us);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 20);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/outage");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 90);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
