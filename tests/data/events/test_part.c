#include "bus.h"
#include "bus/publisher.h"
#include "consumer_fixture.h"
#include "part.h"

#define N_ORDERS 600 /* more than may be on their way without an acknowledgement */

/* A service that has nothing but a consumer. */
static const Error *assemble(AppPart *part, const void *config, void **ret_implementation) {
        (void) config;
        app_part_events(part, &spec);
        *ret_implementation = NULL;
        return NULL;
}

static const PgSchema schema = { .name = "shipping" };
static const AppService shipping_app_service = { .name = "shipping",
                                                 .schema = &schema,
                                                 .consumes = true,
                                                 .assemble = assemble };
static NatsServer *nats;
static Bus *bus;
static TestHost host;
static Arena *arena;
static AppPart *part;

static void set_up_part(void) {
        nats = nats_server_new();
        dsn = test_database("events_part");
        bus = bus_on(nats);
        test_host_init(&host);
        host.base.bus = bus;
        arena = arena_new();
        part = test_part_new(arena, &shipping_app_service, &host, dsn, 4, NULL);
        ck_assert_ok(pg_migrate(app_part_pool(part), test_ctx(), &schema));
        make_effects();
}

static void start(void) {
        ck_assert_ok(app_part_start(part, test_ctx()));
        test_wait_until(bus_is_up, bus, TEST_WAIT_MS, "the bus is ready");
}

static void tear_down_part(void) {
        app_part_drain(part);
        app_part_stop(part);
        app_part_free(part);
        arena_free(arena);
        bus_free(bus);
}

static BusMessage message(const char *id, const char *type, int64_t version, int64_t previous_sequence) {
        const BusDelivery delivery = event(id, (int) version, type);

        return (BusMessage) {
                .subject = delivery.subject,
                .message_id = arena_printf(test_ctx()->arena, "%s %s", type, delivery.message_id),
                .payload = delivery.payload,
                .payload_bytes = delivery.payload_bytes,
                .aggregate_id = id,
                .aggregate_version = version,
                .previous_version = version - 1,
                .previous_sequence = previous_sequence,
                .event_type = type,
                .traceparent = delivery.traceparent,
        };
}

static void publish(BusMessage *messages, size_t n) {
        BusPublisher *publisher = bus_publisher_new(bus);

        ck_assert_ok(bus_publish(publisher, test_ctx(), messages, n, TEST_WAIT_MS));
        bus_publisher_free(publisher);
}

/* Event number version of orders ORD-0 ...; the one before of each has the sequence of its order's number. */
static void publish_many(const char *type, int64_t version) {
        BusMessage *messages = ARENA_ARRAY(test_ctx()->arena, BusMessage, N_ORDERS);

        for (int i = 0; i < N_ORDERS; i++)
                messages[i] = message(arena_printf(test_ctx()->arena, "ORD-%d", i), type, version,
                                      version > 1 ? (version - 2) * N_ORDERS + i + 1 : 0);
        publish(messages, N_ORDERS);
}

static bool all_have_version(void *version) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena,
                                                "SELECT count(*) FROM inbox WHERE version = %d",
                                                *(int *) version)) == N_ORDERS;
}

static void wait_for_version(int version) {
        test_wait_until(all_have_version, &version, TEST_WAIT_MS, "the events of all orders are applied");
}

/* A batch is counted when it is committed, which others may see before. */
static bool all_are_counted(void *arg) {
        (void) arg;
        return counted("applied") == 2 * N_ORDERS;
}

TEST(applies_the_events_of_the_stream_once) {
        start();
        publish_many("order.created", 1);
        publish_many("order.confirmed", 2);
        wait_for_version(2);
        ck_assert_int_eq(count_effects(), 2 * N_ORDERS);
        test_wait_until(all_are_counted, NULL, TEST_WAIT_MS, "each event is counted once");
        ck_assert_int_eq(count_dead(), 0);
}

/* As a consumer finds it that is deployed after the stream has let its first events go. */
TEST(a_consumer_that_is_younger_than_the_stream_begins_with_what_is_there) {
        start();
        publish_many("order.created", 1);
        wait_for_version(1);
        ck_assert_int_eq(js_PurgeStream(nats_server_jetstream(nats), BUS_STREAM, NULL, NULL), NATS_OK);
        test_sql(dsn, "DELETE FROM inbox");
        publish_many("order.cancelled", 2);
        wait_for_version(2);
        publish_many("order.updated", 3);
        wait_for_version(3);
        ck_assert_int_eq(count_dead(), 0);
}

/* As after a restore of the database: the stream has what was acknowledged, and does not send it again. */
TEST(what_an_early_event_waits_for_is_read_from_the_stream_in_order) {
        start();
        publish_many("order.created", 1);
        publish_many("order.updated", 2);
        wait_for_version(2);
        test_sql(dsn, "DELETE FROM inbox; DELETE FROM effects");
        publish_many("order.confirmed", 3);
        wait_for_version(3);
        ck_assert_int_eq(count_dead(), 0);
        ck_assert_int_eq(count_effects(), 3 * N_ORDERS);
}

static bool has_been_looked_for(void *arg) {
        (void) arg;
        return counted("early") > BUS_EARLY_PATIENCE + 1 || count_dead() > 0;
}

static bool has_both(void *arg) {
        (void) arg;
        return count_effects() == 2;
}

TEST(an_event_does_not_wait_for_one_of_another_type_with_its_id) {
        BusMessage before[] = { message("ORD-1", "usage.recorded", 1, 0),
                                message("ORD-1", "order.updated", 2, 1) };
        BusMessage created = message("ORD-1", "order.created", 1, 0);

        start();
        publish(before, 2);
        test_wait_until(has_been_looked_for, NULL, TEST_WAIT_MS, "what it waits for is looked for");
        publish(&created, 1);
        test_wait_until(has_both, NULL, TEST_WAIT_MS, "both events of the order are applied");
        ck_assert_int_eq(count_dead(), 0);
}

static bool inbox_is_empty(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM inbox") == 0;
}

TEST(forgets_by_itself_what_no_event_can_come_of) {
        test_sql(dsn, "INSERT INTO inbox (consumer, aggregate_type, aggregate_id, version, created_at,"
                      "                   updated_at)"
                      " VALUES ('shipping', 'order', 'ORD-1', 1, now() - interval '721 hours',"
                      "         now() - interval '721 hours')");
        start();
        test_wait_until(inbox_is_empty, NULL, TEST_WAIT_MS, "the inbox has forgotten the order");
}

static const Error *assemble_with_inbox_hours(int64_t hours) {
        const PgPoolConfig database = { .dsn = dsn, .n_connections = 1 };
        AppPart *second = NULL;

        host.base.events.inbox_hours = hours;
        const Error *error = app_part_new(test_ctx()->arena, &shipping_app_service, &host.base, &database,
                                          NULL, &second);
        ck_assert((error == NULL) == (second != NULL));
        app_part_free(second);
        return error;
}

TEST(an_inbox_that_forgets_before_the_stream_is_refused) {
        const Error *error = assemble_with_inbox_hours(bus_retention_hours(bus));

        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_nonnull(strstr(error->message, "MILLRACE_INBOX_HOURS"));
        ck_assert_ok(assemble_with_inbox_hours(bus_retention_hours(bus) + 1));
}

int main(void) {
        Suite *suite = suite_create("events/part");
        TCase *tests = tcase_create("part");

        tcase_add_checked_fixture(tests, set_up_part, tear_down_part);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
