/* What every test program shares: contexts, fresh databases, readable assertions, one main. */
#pragma once

#include <check.h>

#include "base/ctx.h"

/* A background context with a fresh arena; freed when the test ends. */
Ctx *test_ctx(void);

/* The reply says that its answer is that of an earlier call with the key. */
bool test_is_replay(const Ctx *ctx);

/*
 * Returns the DSN of an empty database on the test cluster (MILLRACE_TEST_PG), this test's alone; it is
 * dropped when the program ends. Valid until the test ends.
 */
const char *test_database(const char *name);

/* A folder for the program's files; removed when it ends, also when a test failed or was killed. */
const char *test_folder(void);

/* The path of a file with that text, in the folder and under that name, that only its owner can read. */
const char *test_secret_file(const char *name, const char *text);

/* The test NATS server's URL (MILLRACE_TEST_NATS). */
const char *test_nats_url(void);

/* The password of its user "millrace" (MILLRACE_TEST_NATS_PASSWORD). */
const char *test_nats_password(void);

/* Runs SQL on a database, to arrange and inspect; test_sql_int64 returns the first column of the only row. */
void test_sql(const char *dsn, const char *sql);
int64_t test_sql_int64(const char *dsn, const char *sql);

/*
 * A condition for test_wait_until, dsn being a const char **: whether somebody waits for what the open
 * transaction of test_sql's session has written.
 */
bool test_sql_is_waited_for(void *dsn);

/* The same as text, "" for NULL; valid until the test ends. */
const char *test_sql_text(const char *dsn, const char *sql);

/* Runs it with stderr in a pipe, which holds 64 KiB; returns what it wrote, until the test ends. */
const char *test_stderr_of(void (*run)(void));

/* Until then comes what a test waits for, on a busy machine too. */
#define TEST_WAIT_MS 60000

/* Waits until condition(arg) holds, at most timeout_ms; fails the test otherwise. */
void test_wait_until(bool (*condition)(void *arg), void *arg, int64_t timeout_ms, const char *what);

/* Fails with the error's reason, message and causes when it is not NULL. */
#define ck_assert_ok(expr) test_assert_ok((expr), __FILE__, __LINE__)
void test_assert_ok(const Error *error, const char *file, int line);

/* Fails unless it is an error with that reason. */
#define ck_assert_reason(expr, reason_text) test_assert_reason((expr), (reason_text), __FILE__, __LINE__)
const Error *test_assert_reason(const Error *error, const char *reason, const char *file, int line);

/*
 * A test, whose name is a sentence:
 *
 *         TEST(a_taken_port_is_an_error) {
 *                 ...
 *         }
 *
 * test_add takes all of a program into a case. A program with several cases gives those of the others to a
 * static TestList of each: TEST_OF(tight_tests, refuses_the_sixth), and test_add_list(tight, tight_tests).
 * Check's own START_TEST is for tests that run many times, or end with a signal.
 */
#define TEST(name) TEST_OF(test_list, name)
#define TEST_OF(list, name)                                                                                  \
        static void name(int _i CK_ATTRIBUTE_UNUSED);                                                        \
        __attribute__((constructor)) static void name##_is_listed(void) {                                    \
                static const TTest test = { #name, name, __FILE__, __LINE__ };                               \
                static TestEntry entry = { .test = &test };                                                  \
                test_enlist(&(list), &entry);                                                                \
        }                                                                                                    \
        static void name(int _i CK_ATTRIBUTE_UNUSED)

typedef struct TestEntry {
        const TTest *test;
        struct TestEntry *next;
} TestEntry;

typedef TestEntry *TestList; /* in the order of their lines */

static TestList test_list CK_ATTRIBUTE_UNUSED;

void test_enlist(TestList *list, TestEntry *entry);
void test_add_list(TCase *tcase, TestList list);
#define test_add(tcase) test_add_list((tcase), test_list)

/* Runs the suite; the program's exit code. CK_TAP_LOG_FILE_NAME, set by ./dev test, takes the counts. */
int test_main(Suite *suite);
