/* What the relay's tests share: a database with events, a NATS server, and relays between the two. */
#pragma once

#include "bus.h"
#include "data/outbox_store.h"
#include "part.h"
#include "pool.h"
#include "server/server.h"

#define WAIT_MS TEST_WAIT_MS

/* A migrated database of its own. */
const char *relay_database(void);

/* Events of n_aggregates orders "<prefix>-<n>", versions from..to, version by version. */
void relay_write_events(const char *dsn, const char *prefix, int n_aggregates, int from_version,
                        int to_version);

/* One event with a payload of n_bytes. */
void relay_write_event(const char *dsn, const char *aggregate, int version, int n_bytes);

/* A relay of one source in this process, with a bus of its own. */
typedef struct TestRelay {
        Bus *bus;
        TestHost host;
        Arena *arena;
        AppPart *part;
} TestRelay;

typedef struct TestRelayOptions {
        const char *hint_socket;
        int64_t batch_limit; /* 0: 1000 */
        int64_t poll_ms;     /* the shortest and the longest pause; 0: 5 and 50 */
} TestRelayOptions;

TestRelay *relay_start(const char *dsn, NatsServer *server, TestRelayOptions options);
void relay_stop(TestRelay *relay);

/* The same in a process of its own, that may be killed or stopped; call it before you use NATS yourself. */
pid_t relay_fork(const char *dsn, NatsServer *server, const char *fault);

/* Waits until the number that the query gives is n. */
void relay_wait_for(const char *dsn, const char *sql, int64_t n);

/* Waits until every row is processed. */
void relay_wait_until_drained(const char *dsn);

/* Fails unless each aggregate's versions have rising stream sequences. */
void relay_assert_in_order(const char *dsn);
