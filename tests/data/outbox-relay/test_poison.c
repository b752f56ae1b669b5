#include "relay_fixture.h"

#include <stdio.h>
#include <string.h>

#define MAX_MESSAGE_BYTES 2000
#define TOO_LARGE 4000
#define SMALL 10

/* The stream is there before the relay, so that its rule is. */
static void make_strict_stream(NatsServer *server) {
        const char *subjects[] = { BUS_SUBJECTS };
        jsStreamConfig config;

        jsStreamConfig_Init(&config);
        config.Name = BUS_STREAM;
        config.Subjects = subjects;
        config.SubjectsLen = 1;
        config.MaxMsgSize = MAX_MESSAGE_BYTES;
        ck_assert_int_eq(js_AddStream(NULL, nats_server_jetstream(server), &config, NULL, NULL), NATS_OK);
}

static int64_t count_processed(const char *dsn, const char *aggregate, int version) {
        return test_sql_int64(
                dsn,
                arena_printf(
                        test_ctx()->arena,
                        "SELECT count(*) FROM outbox WHERE aggregate_id = '%s' AND aggregate_version = %d"
                        " AND processed_at IS NOT NULL",
                        aggregate, version));
}

static int64_t sequence_of(const char *dsn, const char *aggregate, int version) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena,
                                                "SELECT stream_sequence FROM outbox"
                                                " WHERE aggregate_id = '%s' AND aggregate_version = %d",
                                                aggregate, version));
}

/* What the message says of the one before it: version and sequence. */
static const char *previous_of(NatsServer *server, const char *dsn, const char *aggregate, int version) {
        const char *previous_version, *sequence;
        natsMsg *message;

        ck_assert_int_eq(js_GetMsg(&message, nats_server_jetstream(server), BUS_STREAM,
                                   (uint64_t) sequence_of(dsn, aggregate, version), NULL, NULL),
                         NATS_OK);
        ck_assert_int_eq(natsMsgHeader_Get(message, BUS_HEADER_PREVIOUS_VERSION, &previous_version), NATS_OK);
        ck_assert_int_eq(natsMsgHeader_Get(message, BUS_HEADER_PREVIOUS_SEQUENCE, &sequence), NATS_OK);
        const char *text = arena_printf(test_ctx()->arena, "%s %s", previous_version, sequence);
        natsMsg_Destroy(message);
        return text;
}

static void write_three_of_which_the_second_is_refused(const char *dsn) {
        relay_write_event(dsn, "P", 1, SMALL);
        relay_write_event(dsn, "P", 2, TOO_LARGE);
        relay_write_event(dsn, "P", 3, SMALL);
}

static const char *read_page(void) {
        static char page[32768];
        FILE *file = fopen(RELAY_README, "re");

        ck_assert_ptr_nonnull(file);
        size_t n_bytes = fread(page, 1, sizeof(page) - 1, file);
        page[n_bytes] = '\0';
        fclose(file);
        return page;
}

/* What the page tells people to run for the only dead letter: from one line of its SQL to the next. */
static void run_of_readme(const char *dsn, const char *from, const char *to) {
        Arena *arena = test_ctx()->arena;
        const char *page = read_page(), *start = strstr(page, from);

        ck_assert_ptr_nonnull(start);
        const char *sql = arena_printf(arena, "%.*s", (int) (strstr(start, to) - start), start);
        const char *id = strstr(sql, "'...'");
        ck_assert_ptr_nonnull(id);
        test_sql(dsn, arena_printf(arena, "%.*s'%s'%s", (int) (id - sql), sql,
                                   test_sql_text(dsn, "SELECT event_id FROM outbox_dead"),
                                   id + strlen("'...'")));
}

/*
 * Of each refusal: the pause that was written with it, which no test waits for, and how many events behind it
 * or of others are not yet published.
 */
static void note_refusals(const char *dsn) {
        test_sql(dsn, "CREATE TABLE refusals (note text);"
                      "CREATE FUNCTION note_refusal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                      "  INSERT INTO refusals"
                      "  SELECT round(extract(epoch FROM NEW.next_attempt_at - now()) * 1000) || ' ms '"
                      "         || count(*) || ' open'"
                      "    FROM outbox WHERE processed_at IS NULL AND id <> NEW.id;"
                      "  NEW.next_attempt_at = now();"
                      "  RETURN NEW; END $$;"
                      "CREATE TRIGGER note_refusal BEFORE UPDATE ON outbox FOR EACH ROW"
                      "  WHEN (NEW.retry_count > OLD.retry_count) EXECUTE FUNCTION note_refusal()");
}

TEST(a_refused_event_is_tried_five_times_then_parked_while_the_others_flow) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        make_strict_stream(server);
        note_refusals(dsn);
        write_three_of_which_the_second_is_refused(dsn);
        relay_write_events(dsn, "O", 32, 1, 2);
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_dead", 1);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT string_agg(note, ', ' ORDER BY note) FROM refusals"),
                         "1000 ms 1 open, 2000 ms 1 open, 4000 ms 1 open, 8000 ms 1 open");
        ck_assert_int_eq(count_processed(dsn, "P", 1), 1);
        ck_assert_int_eq(count_processed(dsn, "P", 3), 0);
        ck_assert_int_eq(
                test_sql_int64(dsn, "SELECT retry_count FROM outbox_dead WHERE aggregate_version = 2"), 5);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT last_error FROM outbox_dead"),
                         "message size exceeds maximum allowed");

        relay_write_events(dsn, "O", 32, 3, 4);
        relay_write_event(dsn, "P", 4, SMALL);
        relay_wait_for(dsn, "SELECT count(*) FROM outbox WHERE processed_at IS NULL", 2);
        ck_assert_int_eq(count_processed(dsn, "P", 3) + count_processed(dsn, "P", 4), 0);
        run_of_readme(dsn, "-- skip:", "```");
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        relay_assert_in_order(dsn);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 3 + 32 * 4);
        ck_assert_str_eq(previous_of(server, dsn, "P", 3), "1 1");
        ck_assert_str_eq(previous_of(server, dsn, "P", 4),
                         arena_printf(test_ctx()->arena, "3 %lld", (long long) sequence_of(dsn, "P", 3)));
}

TEST(a_dead_letter_that_was_put_right_goes_out) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        make_strict_stream(server);
        write_three_of_which_the_second_is_refused(dsn);
        test_sql(dsn, "UPDATE outbox SET retry_count = 4 WHERE aggregate_version = 2");
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_for(dsn, "SELECT count(*) FROM outbox_dead", 1);
        test_sql(dsn, "UPDATE outbox_dead SET payload = '{}'");
        run_of_readme(dsn, "-- redrive:", "-- skip:");
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox_dead"), 0);
        ck_assert_int_eq(count_processed(dsn, "P", 2), 1);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 3);
}

TEST(a_follower_in_the_same_batch_is_not_sent_when_its_predecessor_is_refused) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        make_strict_stream(server);
        write_three_of_which_the_second_is_refused(dsn);
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_for(dsn, "SELECT (retry_count > 0)::int FROM outbox WHERE aggregate_version = 2", 1);
        ck_assert_int_eq(count_processed(dsn, "P", 1), 1);
        ck_assert_int_eq(count_processed(dsn, "P", 3), 0);
        test_sql(dsn,
                 "UPDATE outbox SET payload = '{}', next_attempt_at = now() WHERE aggregate_version = 2");
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        relay_assert_in_order(dsn);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 3);
}

TEST(an_event_type_that_is_no_subject_is_parked_and_harms_nobody) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        relay_write_event(dsn, "P", 2, SMALL);
        test_sql(dsn, "UPDATE outbox SET event_type = E'order created\\r\\nPUB x 0', retry_count = 4");
        relay_write_events(dsn, "O", 32, 1, 2);
        TestRelay *relay = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_until_drained(dsn);
        relay_stop(relay);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT last_error FROM outbox_dead"),
                         "The subject is malformed");
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 64);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/poison");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 60);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
