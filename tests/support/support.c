#include "support.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define MAX_DATABASES 16
#define POLL_NS 2000000
#define MAX_OPEN_FOLDERS 16

/*
 * The databases of the program. Check forks a process per test: all see this, and a test takes over what the
 * one before it leaves, since to make and drop a database is to write and delete 300 files.
 */
typedef struct Databases {
        size_t n;
        struct Database {
                char name[64];
                char purpose[32];
                pid_t user; /* the process of the test that uses it, or that did last */
        } items[MAX_DATABASES];
} Databases;

static Databases *databases;
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

/*
 * One session is kept, for the database that was asked last: tests that wait ask often, and to connect costs
 * more than the question. A process that a test forks has none.
 */
static struct {
        pthread_mutex_t mutex;
        pid_t user;
        const char *dsn;
        PGconn *connection;
} session = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void end_session(void) {
        if (session.user == getpid())
                PQfinish(session.connection);
        session.connection = NULL;
}

static void begin_session(const char *dsn) {
        end_session();
        session.user = getpid();
        session.dsn = dsn;
        session.connection = PQconnectdb(dsn);
}

/* In the session that is kept, unless that is lost: some tests end every session that they find. */
static PGresult *query_in_session(const char *dsn, const char *sql) {
        if (session.user == getpid() && session.connection && str_equal(session.dsn, dsn)) {
                PGresult *result = PQexec(session.connection, sql);

                if (PQstatus(session.connection) == CONNECTION_OK)
                        return result;
                PQclear(result);
        }
        begin_session(dsn);
        return PQexec(session.connection, sql);
}

static PGresult *query(const char *dsn, const char *sql) {
        pthread_mutex_lock(&session.mutex);
        PGresult *result = query_in_session(dsn, sql);
        ExecStatusType status = PQresultStatus(result);

        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
                ck_abort_msg("%s: %s", sql, PQerrorMessage(session.connection));
        pthread_mutex_unlock(&session.mutex);
        return result;
}

void test_sql(const char *dsn, const char *sql) {
        PQclear(query(dsn, sql));
}

static void free_test_arena(void) {
        if (getpid() != owner)
                return;
        end_session();
        arena_free(test_arena);
}

/*
 * Check forks a process per test, which ends by exit(): the handler belongs to the process that asked for it.
 */
static Arena *arena_of_test(void) {
        if (owner != getpid()) {
                owner = getpid();
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

/* pg_stat_activity would say the same for the whole transaction. */
bool test_sql_is_waited_for(void *dsn) {
        return test_sql_int64(*(const char **) dsn,
                              "SELECT count(*) FROM pg_locks"
                              " WHERE NOT granted AND transactionid = pg_current_xact_id()::xid") > 0;
}

static void make_database(const char *purpose, struct Database *ret_database) {
        /* The time, since a killed program leaves its databases, and its pid comes again. */
        snprintf(ret_database->name, sizeof(ret_database->name), "t_%s_%d_%lld", purpose, (int) getpid(),
                 (long long) clock_monotonic_us());
        snprintf(ret_database->purpose, sizeof(ret_database->purpose), "%s", purpose);
        test_sql(environment("MILLRACE_TEST_PG"),
                 arena_printf(arena_of_test(), "CREATE DATABASE %s", ret_database->name));
}

static const char *dsn_of(const char *database) {
        return arena_printf(arena_of_test(), "%s dbname=%s", environment("MILLRACE_TEST_PG"), database);
}

static bool has_settings(const char *dsn) {
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_db_role_setting JOIN pg_database"
                                   " ON oid = setdatabase WHERE datname = current_database()") > 0;
}

/*
 * As new: nobody is there, nothing is in it, nothing is set for it, nothing was counted. In the session that
 * the test will ask in, as to open another one costs as much; but one that began with settings keeps them.
 */
static void empty_database(const char *database) {
        const char *dsn = dsn_of(database);

        if (has_settings(dsn)) {
                test_sql(dsn, arena_printf(arena_of_test(),
                                           "BEGIN READ WRITE; ALTER DATABASE %s RESET ALL; COMMIT",
                                           database));
                end_session();
        }
        test_sql(dsn, "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                      " WHERE datname = current_database() AND pid <> pg_backend_pid()");
        test_sql(dsn, "SET client_min_messages = warning; DROP SCHEMA public CASCADE; CREATE SCHEMA public;"
                      " RESET client_min_messages; SELECT pg_stat_reset()");
}

static struct Database *find_left_behind(const char *purpose) {
        for (size_t i = 0; i < databases->n; i++)
                if (databases->items[i].user != getpid() && str_equal(databases->items[i].purpose, purpose))
                        return &databases->items[i];
        return NULL;
}

const char *test_database(const char *name) {
        struct Database *database = find_left_behind(name);

        if (database) {
                empty_database(database->name);
        } else {
                ck_assert_uint_lt(databases->n, MAX_DATABASES);
                database = &databases->items[databases->n];
                make_database(name, database);
                databases->n++;
        }
        database->user = getpid();
        return dsn_of(database->name);
}

const char *test_nats_password(void) {
        return environment("MILLRACE_TEST_NATS_PASSWORD");
}

const char *test_nats_url(void) {
        return environment("MILLRACE_TEST_NATS");
}

bool test_is_replay(const Ctx *ctx) {
        const ReplyHeader *header = ctx->reply_headers;

        return header && str_equal(header->name, "idempotent-replayed") && str_equal(header->value, "true");
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

const char *test_secret_file(const char *name, const char *text) {
        const char *path = arena_printf(arena_of_test(), "%s/%s", folder, name);
        FILE *file = fopen(path, "we");

        ck_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
        ck_assert_int_eq(chmod(path, 0600), 0);
        return path;
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

const char *test_stderr_of(void (*run)(void)) {
        int pipe_ends[2], saved = dup(STDERR_FILENO);
        StrBuf text = { .arena = arena_of_test() };
        char bytes[4096];
        ssize_t n;

        ck_assert_int_eq(pipe(pipe_ends), 0);
        dup2(pipe_ends[1], STDERR_FILENO);
        close(pipe_ends[1]);
        run();
        dup2(saved, STDERR_FILENO);
        close(saved);
        while ((n = read(pipe_ends[0], bytes, sizeof(bytes))) > 0)
                strbuf_add_bytes(&text, bytes, (size_t) n);
        close(pipe_ends[0]);
        return strbuf_text(&text);
}

static void share_databases(void) {
        databases = mmap(NULL, sizeof(*databases), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (databases != MAP_FAILED)
                return;
        perror("mmap");
        exit(2);
}

static void drop_databases(void) {
        for (size_t i = 0; i < databases->n; i++)
                test_sql(environment("MILLRACE_TEST_PG"),
                         arena_printf(arena_of_test(), "DROP DATABASE %s WITH (FORCE)",
                                      databases->items[i].name));
}

/*
 * The folder and the databases belong to this process, which outlives those that Check forks for the tests
 * and kills when they hang.
 */
void test_enlist(TestList *list, TestEntry *entry) {
        while (*list && (*list)->test->line < entry->test->line)
                list = &(*list)->next;
        entry->next = *list;
        *list = entry;
}

/* A program that adds nothing has forgotten to write or to add its tests. */
void test_add_list(TCase *tcase, TestList list) {
        if (!list)
                abort();
        for (; list; list = list->next)
                tcase_add_test(tcase, list->test);
}

int test_main(Suite *suite) {
        SRunner *runner = srunner_create(suite);

        log_init("test", LOG_ERROR);
        make_folder();
        share_databases();
        srunner_run_all(runner, CK_NORMAL);
        drop_databases();
        remove_folder();
        int n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
