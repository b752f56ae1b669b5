#include <signal.h>
#include <sys/wait.h>

#include "data/replay.h"
#include "relay_fixture.h"

#define N_RELAYS (OUTBOX_PARTITIONS + 1)

#define SQL_OWNERS                                                                                           \
        "SELECT count(*) FROM (SELECT pid, count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND "     \
        "granted"                                                                                            \
        "   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"                 \
        "   AND (objid::bigint & 256) = 0 GROUP BY pid) AS owners WHERE n = "

/* Has taken every partition for the nth time, and may die: before, the next one's epoch might be the same. */
static void wait_for_epoch(const char *dsn, int64_t n) {
        relay_wait_for(dsn, "SELECT min(epoch) FROM outbox_partition", n);
}

TEST(one_relay_owns_all_and_two_share_evenly) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        TestRelay *first = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_for(dsn, SQL_OWNERS "16", 1);
        TestRelay *second = relay_start(dsn, server, (TestRelayOptions) { 0 });
        relay_wait_for(dsn, SQL_OWNERS "8", 2);
        relay_write_events(dsn, "A", 200, 1, 10);
        relay_wait_until_drained(dsn);
        relay_stop(first);
        relay_wait_for(dsn, SQL_OWNERS "16", 1);
        relay_write_events(dsn, "A", 200, 11, 12);
        relay_wait_until_drained(dsn);
        relay_stop(second);
        relay_wait_for(dsn, SQL_OWNERS "16", 0);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 2400);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(DISTINCT stream_sequence) FROM outbox"), 2400);
        relay_assert_in_order(dsn);
}

TEST(a_killed_owner_is_replaced_at_once) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        pid_t first = relay_fork(dsn, server, NULL);
        wait_for_epoch(dsn, 1);
        kill(first, SIGKILL);
        waitpid(first, NULL, 0);
        TestRelay *second = relay_start(dsn, server, (TestRelayOptions) { 0 });
        wait_for_epoch(dsn, 2);
        relay_write_events(dsn, "A", 16, 1, 1);
        relay_wait_until_drained(dsn);
        relay_stop(second);
}

TEST(a_stopped_owner_is_replaced_and_shares_again_when_it_wakes_up) {
        NatsServer *server = nats_server_new();
        const char *dsn = relay_database();

        pid_t first = relay_fork(dsn, server, NULL);
        wait_for_epoch(dsn, 1);
        kill(first, SIGSTOP);
        TestRelay *second = relay_start(dsn, server, (TestRelayOptions) { 0 });
        wait_for_epoch(dsn, 2);
        relay_write_events(dsn, "A", 160, 1, 5);
        relay_wait_until_drained(dsn);
        kill(first, SIGCONT);
        relay_wait_for(dsn, SQL_OWNERS "8", 2);
        relay_write_events(dsn, "A", 160, 6, 10);
        relay_wait_until_drained(dsn);
        kill(first, SIGKILL);
        waitpid(first, NULL, 0);
        relay_stop(second);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 1600);
        relay_assert_in_order(dsn);
}

typedef struct Owner {
        PgPool *pool;
        Ownership *ownership;
        RelayStore *store;
} Owner;

static Owner *new_owner(const char *dsn) {
        Owner *owner = ARENA_NEW(test_ctx()->arena, Owner);

        owner->pool = pool_on(dsn, 1);
        owner->ownership = relay_ownership_new(dsn, owner->pool, "test");
        owner->store = relay_outbox_store_new(test_ctx()->arena, owner->pool, owner->ownership, 1000);
        ck_assert_ok(relay_replay_adopt_stream(owner->store, test_ctx(), (RelayStreamMark) { 0 },
                                               (RelayStreamMark) { 1, 0 }, RELAY_NOTHING_LOST));
        return owner;
}

static void free_owner(Owner *owner) {
        relay_ownership_free(owner->ownership);
        pg_pool_free(owner->pool);
}

static RelaySettlement all_stored(Arena *arena, RelayEvent *events, size_t n) {
        for (size_t i = 0; i < n; i++) {
                events[i].outcome = RELAY_STORED;
                events[i].sequence = (int64_t) i + 1;
        }
        return relay_judge(arena, events, n);
}

/* The session that holds the locks dies unnoticed, as under a process that is stopped for long. */
TEST(an_owner_that_wakes_up_late_cannot_mark) {
        const char *dsn = relay_database();
        Owner *late = new_owner(dsn), *next = new_owner(dsn);
        Ctx *ctx = test_ctx();
        RelayEvent *events;
        bool is_full;
        size_t n;

        relay_write_events(dsn, "A", 10, 1, 2);
        ck_assert_ok(relay_ownership_tend(late->ownership, ctx));
        ck_assert_ok(late->store->read(late->store, ctx, &events, &n, &is_full));
        ck_assert_uint_eq(n, 20);
        test_sql(dsn, "SELECT pg_terminate_backend(pid)"
                      "  FROM (SELECT DISTINCT pid FROM pg_locks WHERE locktype = 'advisory' AND database ="
                      "        (SELECT oid FROM pg_database WHERE datname = current_database())) AS owners");
        relay_wait_for(dsn, SQL_OWNERS "16", 0);
        ck_assert_ok(relay_ownership_tend(next->ownership, ctx));
        ck_assert_uint_eq(relay_ownership_owned(next->ownership)->n, OUTBOX_PARTITIONS);

        RelaySettlement settlement = all_stored(ctx->arena, events, n);
        ck_assert_reason(late->store->settle(late->store, ctx, &settlement), INNER_RELAY_FENCED);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE processed_at IS NOT NULL"),
                         0);
        ck_assert_uint_eq(relay_ownership_owned(late->ownership)->n, 0);
        ck_assert_ok(late->store->read(late->store, ctx, &events, &n, &is_full));
        ck_assert_uint_eq(n, 0);

        ck_assert_ok(next->store->read(next->store, ctx, &events, &n, &is_full));
        settlement = all_stored(ctx->arena, events, n);
        ck_assert_ok(next->store->settle(next->store, ctx, &settlement));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox WHERE processed_at IS NOT NULL"),
                         20);
        free_owner(late);
        free_owner(next);
}

TEST(one_foreign_epoch_is_enough_to_be_fenced) {
        const char *dsn = relay_database();
        Owner *owner = new_owner(dsn);
        Ctx *ctx = test_ctx();
        RelayEvent *events;
        bool is_full;
        size_t n;

        relay_write_events(dsn, "A", 10, 1, 1);
        ck_assert_ok(relay_ownership_tend(owner->ownership, ctx));
        ck_assert_ok(owner->store->read(owner->store, ctx, &events, &n, &is_full));
        test_sql(dsn, "UPDATE outbox_partition SET epoch = epoch + 1 WHERE partition = 15");
        RelaySettlement settlement = all_stored(ctx->arena, events, n);
        ck_assert_reason(owner->store->settle(owner->store, ctx, &settlement), INNER_RELAY_FENCED);
        ck_assert_ok(relay_ownership_tend(owner->ownership, ctx));
        ck_assert_uint_eq(relay_ownership_owned(owner->ownership)->n, OUTBOX_PARTITIONS);
        ck_assert_ok(owner->store->settle(owner->store, ctx, &settlement));
        free_owner(owner);
}

/* The server frees the locks of a session a moment after its end. */
static bool owns_one(void *arg) {
        Ownership *ownership = arg;

        ck_assert_ok(relay_ownership_tend(ownership, test_ctx()));
        return relay_ownership_owned(ownership)->n == 1;
}

/* One that was not tended for long loses its own to the one that stood by, and then stands by itself. */
static bool all_but_one_own_one(void *arg) {
        Owner **owners = arg;
        int n_owners = 0;

        for (int i = 0; i < N_RELAYS; i++)
                n_owners += owns_one(owners[i]->ownership);
        return n_owners == OUTBOX_PARTITIONS;
}

TEST(seventeen_relays_leave_one_standing_by) {
        const char *dsn = relay_database();
        Owner *owners[N_RELAYS];
        Ctx *ctx = test_ctx();

        for (int i = 0; i < N_RELAYS; i++) {
                owners[i] = new_owner(dsn);
                ck_assert_ok(relay_ownership_tend(owners[i]->ownership, ctx));
        }
        test_wait_until(all_but_one_own_one, owners, WAIT_MS, "sixteen own one each, and one stands by");
        int by = 0;
        while (relay_ownership_owned(owners[by]->ownership)->n > 0)
                by++;
        free_owner(owners[(by + 1) % N_RELAYS]);
        test_wait_until(owns_one, owners[by]->ownership, WAIT_MS, "the one that stood by owns one");
        for (int i = 0; i < N_RELAYS; i++)
                if (i != (by + 1) % N_RELAYS)
                        free_owner(owners[i]);
}

int main(void) {
        Suite *suite = suite_create("outbox-relay/ownership");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 90);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
