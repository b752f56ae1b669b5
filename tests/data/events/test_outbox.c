#include "fixture.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "events/outbox.h"

static TestList hints_tests;

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("outbox", 1, &dsn);
}

static void tear_down(void) {
        pg_pool_free(pool);
}

#define EVENT_ID "0190163d-8694-739b-aea5-966c26f8ad91"

static const OutboxEvent created = {
        .event_id = EVENT_ID,
        .aggregate_type = "order",
        .aggregate_id = "ORD-1",
        .aggregate_version = 1,
        .event_type = "order.created",
        .payload = "{\"b\": 1,  \"a\": \"é\", \"b\": 2.50}",
};

static const Error *add(Ctx *ctx, const OutboxEvent *event) {
        PgBatch *batch = pg_batch_new(pool, ctx);

        outbox_add(batch, event);
        return pg_batch_run(batch);
}

TEST(writes_the_event_with_its_trace) {
        Ctx *ctx = test_ctx();

        strcpy(ctx->trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        strcpy(ctx->trace.span_id, "00f067aa0ba902b7");
        ck_assert_ok(add(ctx, &created));

        ck_assert_str_eq(
                test_sql_text(dsn, "SELECT concat_ws('|', event_id, aggregate_type, aggregate_id,"
                                   " aggregate_version, event_type, traceparent, retry_count) FROM outbox"
                                   " WHERE processed_at IS NULL AND stream_sequence IS NULL"
                                   " AND next_attempt_at IS NULL"
                                   "   AND last_error IS NULL"
                                   " AND created_at BETWEEN now() - interval '1 min' AND now()"),
                EVENT_ID "|order|ORD-1|1|order.created"
                         "|00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01|0");
}

TEST(an_event_may_go_on_with_the_trace_of_another) {
        Ctx *ctx = test_ctx();
        const Trace trace = { .trace_id = "0af7651916cd43dd8448eb211c80319c", .span_id = "b7ad6b7169203331" };
        OutboxEvent event = created;

        strcpy(ctx->trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        strcpy(ctx->trace.span_id, "00f067aa0ba902b7");
        event.trace = &trace;
        ck_assert_ok(add(ctx, &event));
        ck_assert_str_eq(test_sql_text(dsn, "SELECT traceparent FROM outbox"),
                         "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
}

TEST(keeps_the_payload_to_the_byte) {
        ck_assert_ok(add(test_ctx(), &created));
        ck_assert_str_eq(test_sql_text(dsn, "SELECT payload FROM outbox"), created.payload);
}

TEST(leaves_the_trace_empty_when_there_is_none) {
        ck_assert_ok(add(test_ctx(), &created));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE traceparent IS NULL"), 1);
}

/* The low four bits of FNV-1a("ORD-1") = 0xacf83cd2. */
#define PARTITION_OF_ORD_1 2

TEST(the_partition_hangs_on_the_aggregate_alone) {
        OutboxEvent next = created;

        next.event_id = "0190163d-8694-739b-aea5-966c26f8ad92";
        next.aggregate_version = 2;
        next.event_type = "order.confirmed";
        ck_assert_ok(add(test_ctx(), &created));
        ck_assert_ok(add(test_ctx(), &next));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT min(partition) FROM outbox"), PARTITION_OF_ORD_1);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(partition) FROM outbox"), PARTITION_OF_ORD_1);
}

TEST(aggregates_spread_over_all_partitions) {
        for (int i = 0; i < 400; i++) {
                Ctx *ctx = test_ctx();
                OutboxEvent event = created;

                event.event_id = uuid_new(ctx->arena);
                event.aggregate_id = arena_printf(ctx->arena, "ORD-%d", i);
                ck_assert_ok(add(ctx, &event));
        }
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT partition) FROM outbox"),
                         OUTBOX_PARTITIONS);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox o"
                                             " LEFT JOIN outbox_partition p USING (partition)"
                                             " WHERE p.partition IS NULL"),
                         0);
}

TEST(two_events_cannot_have_the_same_version_of_an_aggregate) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());
        OutboxEvent same = created;

        same.event_id = "0190163d-8694-739b-aea5-966c26f8ad92";
        outbox_add(batch, &created);
        outbox_add(batch, &same);
        ck_assert_ptr_nonnull(pg_batch_run(batch));
        ck_assert(pg_batch_violates(batch, "outbox_aggregate_type_aggregate_id_aggregate_version_key"));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox"), 0);
}

static const Error *add_of_size(size_t n_bytes) {
        Ctx *ctx = test_ctx();
        char *payload = arena_alloc(ctx->arena, n_bytes + 1);
        OutboxEvent event = created;

        memset(payload, 'x', n_bytes);
        payload[0] = payload[n_bytes - 1] = '"';
        event.payload = payload;
        return add(ctx, &event);
}

TEST(takes_the_largest_payload) {
        ck_assert_ok(add_of_size(OUTBOX_PAYLOAD_MAX_BYTES));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT octet_length(payload::text) FROM outbox"),
                         OUTBOX_PAYLOAD_MAX_BYTES);
}

TEST(refuses_a_larger_payload_and_everything_with_it) {
        ck_assert_ptr_nonnull(add_of_size(OUTBOX_PAYLOAD_MAX_BYTES + 1));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox"), 0);
}

static int listen_for_hints(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

        strcpy(address.sun_path, path);
        ck_assert_int_eq(bind(fd, (struct sockaddr *) &address, sizeof(address)), 0);
        return fd;
}

static const char *hint_path(void) {
        return arena_printf(test_ctx()->arena, "%s/hint-%d", test_folder(), (int) getpid());
}

TEST_OF(hints_tests, a_hint_arrives_at_the_relay) {
        const char *path = hint_path();
        int fd = listen_for_hints(path);

        outbox_hint_init(path);
        outbox_hint();
        ck_assert_int_eq(poll(&(struct pollfd) { .fd = fd, .events = POLLIN }, 1, 2000), 1);
        close(fd);
}

TEST_OF(hints_tests, hints_never_wait_for_a_relay_that_does_not_read) {
        const char *path = hint_path();
        int fd = listen_for_hints(path);

        outbox_hint_init(path);
        int64_t start_us = clock_monotonic_us();
        for (int i = 0; i < 10000; i++)
                outbox_hint();
        ck_assert_int_lt(clock_monotonic_us() - start_us, 2000000);
        close(fd);
}

TEST_OF(hints_tests, a_hint_without_a_relay_is_nothing) {
        outbox_hint();
        outbox_hint_init(hint_path());
        outbox_hint();
        outbox_hint_init(NULL);
        outbox_hint();
}

int main(void) {
        Suite *suite = suite_create("events/outbox");
        TCase *rows = tcase_create("rows");
        TCase *hints = tcase_create("hints");

        tcase_set_timeout(rows, 30);
        tcase_add_checked_fixture(rows, set_up, tear_down);
        test_add(rows);
        suite_add_tcase(suite, rows);
        test_add_list(hints, hints_tests);
        suite_add_tcase(suite, hints);
        return test_main(suite);
}
