#include "support.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define MAX_DATABASES 64
#define POLL_NS 2000000
#define MAX_OPEN_FOLDERS 16

static const char *databases[MAX_DATABASES];
static size_t n_databases;
static pid_t owner;
static Arena *test_arena;
static char folder[PATH_MAX];

static const char *environment(const char *name) {
        const char *value = getenv(name);

        if (!value) {
                fprintf(stderr, "%s is not set: run the tests with ./dev test\n", name);
                exit(2);
        }
        return value;
}

static PGresult *query(const char *dsn, const char *sql) {
        PGconn *connection = PQconnectdb(dsn);
        PGresult *result = PQexec(connection, sql);
        ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
                ck_abort_msg("%s: %s", sql, PQerrorMessage(connection));
        PQfinish(connection);
        return result;
}

void test_sql(const char *dsn, const char *sql) {
        PQclear(query(dsn, sql));
}

static void drop_databases(void) {
        if (getpid() != owner)
                return;
        for (size_t i = 0; i < n_databases; i++)
                test_sql(environment("MILLRACE_TEST_PG"),
                         arena_printf(test_arena, "DROP DATABASE IF EXISTS %s WITH (FORCE)", databases[i]));
}

static void free_test_arena(void) {
        if (getpid() == owner)
                arena_free(test_arena);
}

/*
 * Check forks a process per test, which ends by exit(): the handler belongs to the process that asked for it.
 */
static Arena *arena_of_test(void) {
        if (owner != getpid()) {
                owner = getpid();
                n_databases = 0;
                test_arena = arena_new();
                atexit(free_test_arena);
        }
        return test_arena;
}

static void free_arena(void *arena) {
        arena_free(arena);
}

Ctx *test_ctx(void) {
        Arena *arena = arena_new();

        arena_defer(arena_of_test(), free_arena, arena);
        Ctx *ctx = ARENA_NEW(arena, Ctx);
        *ctx = ctx_background(arena);
        return ctx;
}

const char *test_sql_text(const char *dsn, const char *sql) {
        PGresult *result = query(dsn, sql);

        if (PQntuples(result) != 1)
                ck_abort_msg("%s: %d rows, not one", sql, PQntuples(result));
        const char *text = arena_strdup(test_ctx()->arena, PQgetvalue(result, 0, 0));
        PQclear(result);
        return text;
}

int64_t test_sql_int64(const char *dsn, const char *sql) {
        return strtoll(test_sql_text(dsn, sql), NULL, 10);
}

const char *test_database(const char *name) {
        Arena *arena = arena_of_test();

        ck_assert_uint_lt(n_databases, MAX_DATABASES);
        /* The time, since a killed test leaves its database, and its pid comes again. */
        const char *database = arena_printf(arena, "t_%s_%d_%lld", name, (int) getpid(),
                                            (long long) clock_monotonic_us());
        /* Connecting first sets up OpenSSL, so that our exit handler runs before its own. */
        test_sql(environment("MILLRACE_TEST_PG"), arena_printf(arena, "CREATE DATABASE %s", database));
        if (n_databases == 0)
                atexit(drop_databases);
        databases[n_databases++] = database;
        return arena_printf(arena, "%s dbname=%s", environment("MILLRACE_TEST_PG"), database);
}

const char *test_nats_password(void) {
        return environment("MILLRACE_TEST_NATS_PASSWORD");
}

const char *test_nats_url(void) {
        return environment("MILLRACE_TEST_NATS");
}

void test_wait_until(bool (*condition)(void *arg), void *arg, int64_t timeout_ms, const char *what) {
        int64_t end_us = clock_monotonic_us() + timeout_ms * 1000;

        while (!condition(arg)) {
                if (clock_monotonic_us() > end_us)
                        ck_abort_msg("waited %lld ms in vain until %s", (long long) timeout_ms, what);
                nanosleep(&(struct timespec) { .tv_nsec = POLL_NS }, NULL);
        }
}

void test_assert_ok(const Error *error, const char *file, int line) {
        if (error)
                ck_abort_msg("%s:%d: %s: %s", file, line, error->reason ? error->reason : "internal",
                             log_cause(test_ctx()->arena, error).text);
}

const Error *test_assert_reason(const Error *error, const char *reason, const char *file, int line) {
        if (!error)
                ck_abort_msg("%s:%d: no error, expected %s", file, line, reason);
        if (!error_is(error, reason))
                ck_abort_msg("%s:%d: expected %s, got %s", file, line, reason,
                             log_cause(test_ctx()->arena, error).text);
        return error;
}

const char *test_folder(void) {
        return folder;
}

static void make_folder(void) {
        const char *parent = getenv("TMPDIR");

        snprintf(folder, sizeof(folder), "%s/millrace-test-XXXXXX", str_is_empty(parent) ? "/tmp" : parent);
        if (mkdtemp(folder))
                return;
        perror(folder);
        exit(2);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place) {
        (void) status;
        (void) type;
        (void) place;
        return remove(path);
}

static void remove_folder(void) {
        if (nftw(folder, remove_one, MAX_OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0)
                perror(folder);
}

/* The folder belongs to this process, which outlives those that Check forks for the tests and kills when they hang. */
int test_main(Suite *suite) {
        SRunner *runner = srunner_create(suite);

        log_init("test", LOG_ERROR);
        make_folder();
        srunner_run_all(runner, CK_NORMAL);
        remove_folder();
        int n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
