#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "relay_fixture.h"

TEST(every_event_is_published_once_and_in_order_per_aggregate) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        relay_write_events(dsn, "A", 300, 1, 10);
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_until_drained(dsn);
        relay_write_events(dsn, "A", 300, 11, 12);
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 3600);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT stream_sequence) FROM outbox"), 3600);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(retry_count) FROM outbox"), 0);
        relay_assert_in_order(dsn);
}

static const char *header(natsMsg *message, const char *name) {
        const char *value = NULL;

        ck_assert_int_eq(natsMsgHeader_Get(message, name, &value), NATS_OK);
        return value;
}

TEST(the_message_says_what_the_row_says) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();
        natsMsg *message;

        relay_write_event(dsn, "ORD-1", 7, 10);
        test_sql(dsn,
                 "UPDATE outbox SET traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'");
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_int_eq(js_GetMsg(&message, nats_server_jetstream(server), BUS_STREAM, 1, NULL, NULL),
                         NATS_OK);
        ck_assert_str_eq(natsMsg_GetSubject(message), "events.order.created");
        ck_assert_str_eq(natsMsg_GetData(message), test_sql_text(dsn, "SELECT payload::text FROM outbox"));
        ck_assert_str_eq(header(message, BUS_HEADER_MESSAGE_ID),
                         test_sql_text(dsn, "SELECT event_id FROM outbox"));
        ck_assert_str_eq(header(message, BUS_HEADER_AGGREGATE), "ORD-1");
        ck_assert_str_eq(header(message, BUS_HEADER_VERSION), "7");
        ck_assert_str_eq(header(message, BUS_HEADER_EVENT_TYPE), "order.created");
        ck_assert_str_eq(header(message, BUS_HEADER_TRACEPARENT),
                         "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        ck_assert_str_eq(header(message, BUS_HEADER_CONTENT_TYPE), "application/json");
        natsMsg_Destroy(message);
}

static void expect_killed(pid_t pid) {
        int status;

        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status));
        ck_assert_int_eq(WTERMSIG(status), SIGKILL);
}

/* What the stream has, and what is marked, after a relay died at the point. */
static void die_and_recover(const char *fault, int64_t n_marked, uint64_t n_stored) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        relay_write_events(dsn, "A", 50, 1, 4);
        expect_killed(relay_fork(dsn, server, fault));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE processed_at IS NOT NULL"),
                         n_marked);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), n_stored);
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 200);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT stream_sequence) FROM outbox"), 200);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(stream_sequence) FROM outbox"), 200);
        relay_assert_in_order(dsn);
}

TEST(killed_before_publishing_nothing_is_lost) {
        die_and_recover("relay.before_publish=kill", 0, 0);
}

TEST(killed_between_publishing_and_marking_the_stream_has_each_event_once) {
        die_and_recover("relay.before_mark=kill", 0, 200);
}

TEST(killed_after_marking_nothing_is_published_again) {
        die_and_recover("relay.after_mark=kill", 200, 200);
}

TEST(a_hint_wakes_a_relay_that_has_gone_to_rest) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();
        const char *path = arena_printf(test_ctx()->arena, "%s/hint", test_folder());
        struct stat status;

        TestRelay *relay =
                relay_start(dsn, server, (TestRelayOptions) { .hint_socket = path, .poll_ms = 20 * WAIT_MS });
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_partition WHERE owner IS NOT NULL",
                       OUTBOX_PARTITIONS);
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_stream WHERE NOT is_replaying", 1);
        relay_write_events(dsn, "A", 1, 1, 1);
        outbox_hint_init(path);
        outbox_hint();
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_int_ne(stat(path, &status), 0);
}

static bool is_component_ready(void *arg) {
        TestRelay *relay = arg;

        return app_part_ready(relay->part, test_ctx()) == NULL;
}

static bool is_component_not_ready(void *relay) {
        return !is_component_ready(relay);
}

TEST(a_relay_is_ready_without_the_bus_but_not_without_its_database) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        nats_server_kill(server);
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_partition WHERE owner IS NOT NULL",
                       OUTBOX_PARTITIONS);
        ck_assert(is_component_ready(relay));
        relay_stop(relay);
        relay = relay_start("host=127.0.0.1 port=1 dbname=none", server, (TestRelayOptions) { 0 });
        test_wait_until(is_component_not_ready, relay, WAIT_MS, "the relay misses its database");
        ck_assert_reason(app_part_ready(relay->part, test_ctx()), REASON_UNAVAILABLE);
        relay_stop(relay);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/relay");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 90);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
