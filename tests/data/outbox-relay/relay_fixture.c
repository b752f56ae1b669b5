#include "relay_fixture.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fault.h"

#define DEFAULT_BATCH 1000
#define DEFAULT_POLL_MIN_MS 5
#define DEFAULT_POLL_MAX_MS 50

const char *relay_database(void) {
        const char *dsn = test_database("relay");
        PgPool *pool = pool_on(dsn, 1);
        RelayStore *store = relay_outbox_store_new(test_ctx()->arena, pool, NULL, 1);

        ck_assert_ok(relay_outbox_store_migrate(store, test_ctx()));
        pg_pool_free(pool);
        return dsn;
}

#define SQL_INSERT                                                                                           \
        "INSERT INTO outbox (event_id, aggregate_type, aggregate_id, aggregate_version, event_type,"         \
        "                    payload, partition) "

void relay_write_events(const char *dsn, const char *prefix, int n_aggregates, int from_version,
                        int to_version) {
        static const char sql[] =
                SQL_INSERT "SELECT gen_random_uuid(), 'order', '%s-' || a, v, 'order.created',"
                           "       json_build_object('version', v, 'data', repeat('x', 300)), a %% %d"
                           "  FROM generate_series(%d, %d) AS v, generate_series(1, %d) AS a"
                           " ORDER BY v, a";

        test_sql(dsn, arena_printf(test_ctx()->arena, sql, prefix, OUTBOX_PARTITIONS, from_version,
                                   to_version, n_aggregates));
}

void relay_write_event(const char *dsn, const char *aggregate, int version, int n_bytes) {
        static const char sql[] = SQL_INSERT "VALUES (gen_random_uuid(), 'order', '%s', %d, 'order.created',"
                                             "        to_json(repeat('x', %d - 2)), hashtext('%s') & %d)";

        test_sql(dsn, arena_printf(test_ctx()->arena, sql, aggregate, version, n_bytes, aggregate,
                                   OUTBOX_PARTITIONS - 1));
}

TestRelay *relay_start(const char *dsn, NatsServer *server, TestRelayOptions options) {
        Ctx *ctx = test_ctx();
        TestRelay *relay = ARENA_NEW(ctx->arena, TestRelay);
        RelayConfig *config = ARENA_NEW(ctx->arena, RelayConfig);

        *config = (RelayConfig) {
                .sources = arena_printf(ctx->arena, "test=%s", dsn),
                .hint_socket = options.hint_socket,
                .batch_limit = options.batch_limit ? options.batch_limit : DEFAULT_BATCH,
                .poll_min_ms = options.poll_ms ? options.poll_ms : DEFAULT_POLL_MIN_MS,
                .poll_max_ms = options.poll_ms ? options.poll_ms : DEFAULT_POLL_MAX_MS,
                .retention_hours = 168,
        };
        relay->bus = bus_on(server);
        relay->arena = arena_new();
        test_host_init(&relay->host);
        relay->host.base.bus = relay->bus;
        relay->part = test_part_new(relay->arena, &relay_app_service, &relay->host, NULL, 0, config);
        ck_assert_ok(app_part_start(relay->part, ctx));
        return relay;
}

void relay_stop(TestRelay *relay) {
        app_part_stop(relay->part);
        app_part_free(relay->part);
        arena_free(relay->arena);
        bus_free(relay->bus);
}

static void be_relay(const char *dsn, NatsServer *server, const char *fault) {
        const char *problem;

        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (fault) {
                setenv("MILLRACE_FAULT", fault, 1);
                setenv("MILLRACE_FAULTS_ENABLED", "1", 1);
        }
        if (!fault_init(&problem))
                _exit(1);
        relay_start(dsn, server, (TestRelayOptions) { 0 });
        for (;;)
                pause();
}

pid_t relay_fork(const char *dsn, NatsServer *server, const char *fault) {
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                be_relay(dsn, server, fault);
        return pid;
}

typedef struct Wanted {
        const char *dsn;
        const char *sql;
        int64_t n;
} Wanted;

static bool is_reached(void *arg) {
        const Wanted *wanted = arg;

        return test_sql_int64(wanted->dsn, wanted->sql) == wanted->n;
}

void relay_wait_for(const char *dsn, const char *sql, int64_t n) {
        Wanted wanted = { dsn, sql, n };

        test_wait_until(is_reached, &wanted, WAIT_MS,
                        arena_printf(test_ctx()->arena, "%s = %lld", sql, (long long) n));
}

void relay_wait_until_drained(const char *dsn) {
        relay_wait_for(dsn, "SELECT count(*) FROM outbox WHERE processed_at IS NULL", 0);
}

void relay_assert_in_order(const char *dsn) {
        static const char sql[] =
                "SELECT count(*)"
                "  FROM (SELECT stream_sequence < lag(stream_sequence) OVER versions AS is_wrong FROM outbox"
                "        WINDOW versions AS (PARTITION BY aggregate_id ORDER BY aggregate_version)) AS pairs"
                " WHERE is_wrong";

        ck_assert_int_eq(test_sql_int64(dsn, sql), 0);
}
