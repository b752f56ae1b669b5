#include "fixture.h"
#include "base/memory.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("types", 1, &dsn);
}

/* A test that ends by abort() drops no database: it looks at the one that is always there. */
static void set_up_abort(void) {
        pool = pool_on(getenv("MILLRACE_TEST_PG"), 1);
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static const PgRows *query(const PgStatement *statement, PgArgs args) {
        const PgRows *rows;

        ck_assert_ok(pg_run(pool, test_ctx(), statement, args, &rows));
        return rows;
}

static const PgStatement sql_echo = PG_READ(
        "SELECT $1::text, $2::bigint, $3::boolean, $4::bytea, $5::jsonb, $6::timestamptz, $7::uuid");

#define UUID "0190163d-8694-739b-aea5-966c26f8ad91"

TEST(values_come_back_as_they_went) {
        static const uint8_t bytes[] = { 0, 255, 'a', 0 };
        const PgRows *rows = query(&sql_echo, PG_ARGS(pg_text("Đơn hàng 🚚 \"x\" \\ '"), pg_int64(INT64_MIN),
                                                      pg_bool(true),
                                                      pg_bytes((Bytes) { bytes, sizeof(bytes) }),
                                                      pg_json("{\"a\": [1, \"é\"]}"),
                                                      pg_time(1723300200123456), pg_uuid(UUID)));

        ck_assert_str_eq(pg_get_text(rows, 0, 0), "Đơn hàng 🚚 \"x\" \\ '");
        ck_assert(pg_get_int64(rows, 0, 1) == INT64_MIN);
        ck_assert(pg_get_bool(rows, 0, 2));
        ck_assert_uint_eq(pg_get_bytes(rows, 0, 3).n_bytes, sizeof(bytes));
        ck_assert_mem_eq(pg_get_bytes(rows, 0, 3).data, bytes, sizeof(bytes));
        ck_assert_str_eq(pg_get_text(rows, 0, 4), "{\"a\": [1, \"é\"]}");
        ck_assert(pg_get_time(rows, 0, 5) == 1723300200123456);
        ck_assert_str_eq(pg_get_text(rows, 0, 6), UUID);
        for (size_t column = 0; column < 7; column++)
                ck_assert(!pg_is_null(rows, 0, column));
}

TEST(null_comes_back_as_null_in_every_type) {
        const PgRows *rows = query(&sql_echo, PG_ARGS(pg_text(NULL), pg_null(PG_INT64), pg_null(PG_BOOL),
                                                      pg_bytes((Bytes) { 0 }), pg_json(NULL),
                                                      pg_null(PG_TIME), pg_uuid(NULL)));

        for (size_t column = 0; column < 7; column++)
                ck_assert(pg_is_null(rows, 0, column));
        ck_assert_ptr_null(pg_get_text(rows, 0, 0));
        ck_assert_int_eq(pg_get_int64(rows, 0, 1), 0);
        ck_assert(!pg_get_bool(rows, 0, 2));
        ck_assert_ptr_null(pg_get_bytes(rows, 0, 3).data);
        ck_assert_ptr_null(pg_get_text(rows, 0, 4));
        ck_assert_int_eq(pg_get_time(rows, 0, 5), 0);
        ck_assert_ptr_null(pg_get_text(rows, 0, 6));
}

TEST(an_empty_text_is_not_null) {
        static const PgStatement sql = PG_READ("SELECT $1, $2");
        const PgRows *rows = query(&sql, PG_ARGS(pg_text(""), pg_bytes((Bytes) { (const uint8_t *) "", 0 })));

        ck_assert(!pg_is_null(rows, 0, 0));
        ck_assert_str_eq(pg_get_text(rows, 0, 0), "");
        ck_assert(!pg_is_null(rows, 0, 1));
        ck_assert_uint_eq(pg_get_bytes(rows, 0, 1).n_bytes, 0);
}

static const PgStatement sql_arrays = PG_READ(
        "SELECT cardinality($1)::bigint, array_to_string($1, '|', 'null'), cardinality($2)::bigint,"
        "       array_to_string($2, '|')");

TEST(arrays_keep_their_items_and_their_nulls) {
        static const char *const texts[] = { "a,b", NULL, "{\"é\"}", "" };
        static const int64_t numbers[] = { -1, 0, INT64_MAX };
        const PgRows *rows = query(&sql_arrays, PG_ARGS(pg_text_array(texts, 4), pg_int64_array(numbers, 3)));

        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 4);
        ck_assert_str_eq(pg_get_text(rows, 0, 1), "a,b|null|{\"é\"}|");
        ck_assert_int_eq(pg_get_int64(rows, 0, 2), 3);
        ck_assert_str_eq(pg_get_text(rows, 0, 3), "-1|0|9223372036854775807");
}

TEST(an_array_of_no_items_is_empty_and_not_null) {
        const PgRows *rows = query(&sql_arrays, PG_ARGS(pg_text_array(NULL, 0), pg_int64_array(NULL, 0)));

        ck_assert(!pg_is_null(rows, 0, 0));
        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 0);
        ck_assert(!pg_is_null(rows, 0, 2));
        ck_assert_int_eq(pg_get_int64(rows, 0, 2), 0);
}

TEST(reads_every_kind_of_integer_and_of_text) {
        static const PgStatement sql = PG_READ(
                "SELECT -2::smallint, -3::integer, -4::bigint, 'v'::varchar(9), 'n'::name,"
                " '{\"b\":1, \"a\":2}'::json");
        const PgRows *rows = query(&sql, PG_NO_ARGS);

        ck_assert_int_eq(pg_get_int64(rows, 0, 0), -2);
        ck_assert_int_eq(pg_get_int64(rows, 0, 1), -3);
        ck_assert_int_eq(pg_get_int64(rows, 0, 2), -4);
        ck_assert_str_eq(pg_get_text(rows, 0, 3), "v");
        ck_assert_str_eq(pg_get_text(rows, 0, 4), "n");
        ck_assert_str_eq(pg_get_text(rows, 0, 5), "{\"b\":1, \"a\":2}");
}

TEST(times_mean_the_same_to_the_server) {
        static const PgStatement sql = PG_READ(
                "SELECT $1 = '1969-12-31 23:59:59.999999+00', '1970-01-01 00:00:01+00'::timestamptz,"
                "       'infinity'::timestamptz");
        const PgRows *rows = query(&sql, PG_ARGS(pg_time(-1)));

        ck_assert(pg_get_bool(rows, 0, 0));
        ck_assert_int_eq(pg_get_time(rows, 0, 1), 1000000);
        ck_assert(pg_get_time(rows, 0, 2) == INT64_MAX);
}

TEST(the_same_statement_with_other_types_is_another_plan) {
        static const PgStatement sql = PG_READ("SELECT pg_typeof($1)::text, pg_typeof($1)::text");

        ck_assert_str_eq(pg_get_text(query(&sql, PG_ARGS(pg_text("1"))), 0, 0), "text");
        ck_assert_str_eq(pg_get_text(query(&sql, PG_ARGS(pg_int64(1))), 0, 0), "bigint");
        ck_assert_str_eq(pg_get_text(query(&sql, PG_ARGS(pg_text("1"))), 0, 0), "text");
}

TEST(rows_live_as_long_as_their_arena) {
        static const PgStatement sql = PG_READ("SELECT g::text FROM generate_series(1, 1000) AS g");
        const PgRows *rows = query(&sql, PG_NO_ARGS);
        const char *first = pg_get_text(rows, 0, 0);

        query(&sql_echo, PG_ARGS(pg_text("other"), pg_int64(1), pg_bool(false), pg_bytes((Bytes) { 0 }),
                                 pg_json("1"), pg_time(0), pg_uuid(UUID)));
        ck_assert_uint_eq(pg_rows_count(rows), 1000);
        ck_assert_str_eq(first, "1");
        ck_assert_str_eq(pg_get_text(rows, 999, 0), "1000");
}

static const PgStatement sql_numeric = PG_READ("SELECT 1.5 AS price");

START_TEST(a_numeric_is_refused) {
        pg_get_int64(query(&sql_numeric, PG_NO_ARGS), 0, 0);
}
END_TEST

START_TEST(a_number_is_not_read_as_text) {
        pg_get_text(query(&sql_numeric, PG_NO_ARGS), 0, 0);
}
END_TEST

START_TEST(a_row_that_is_not_there_is_refused) {
        pg_is_null(query(&sql_numeric, PG_NO_ARGS), 1, 0);
}
END_TEST

START_TEST(a_column_that_is_not_there_is_refused) {
        pg_is_null(query(&sql_numeric, PG_NO_ARGS), 0, 1);
}
END_TEST

TEST(a_text_that_is_not_utf8_fails_and_leaves_the_session_usable) {
        static const PgStatement sql = PG_READ("SELECT $1");

        ck_assert_ptr_nonnull(pg_run(pool, test_ctx(), &sql, PG_ARGS(pg_text("\xff\xfe")), NULL));
        ck_assert_str_eq(pg_get_text(query(&sql, PG_ARGS(pg_text("fine"))), 0, 0), "fine");
}

TEST(a_wrong_number_of_parameters_is_a_mistake_not_an_outage) {
        static const PgStatement sql = PG_READ("SELECT $1::text || $2::text");
        const Error *error = pg_run(pool, test_ctx(), &sql, PG_ARGS(pg_text("one")), NULL);

        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(error->code, ERROR_INTERNAL);
        ck_assert_ptr_null(error->reason);
}

static const PgStatement sql_echo_rows = PG_READ_ROWS(
        "SELECT ordinal, a, b, c, d, e, f, g FROM " PG_ROWS(r, a, b, c, d, e, f, g));

TEST(rows_of_every_type_come_back_as_they_went) {
        static const uint8_t bytes[] = { 0, 255, 'a', 0 };
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_echo_rows,
                     PG_ARGS(pg_text("Đơn \"x\" \\ ' {},"), pg_int64(INT64_MIN), pg_bool(true),
                             pg_bytes((Bytes) { bytes, sizeof(bytes) }), pg_json("{\"a\": [1, \"é\"]}"),
                             pg_time(1723300200123456), pg_uuid(UUID)));
        size_t echo = pg_batch_add(batch, &sql_echo_rows,
                                   PG_ARGS(pg_text(NULL), pg_null(PG_INT64), pg_null(PG_BOOL),
                                           pg_bytes((Bytes) { 0 }), pg_json(NULL), pg_null(PG_TIME),
                                           pg_uuid(NULL)));
        pg_batch_add(batch, &sql_echo_rows,
                     PG_ARGS(pg_text(""), pg_int64(0), pg_bool(false), pg_bytes((Bytes) { bytes, 0 }),
                             pg_json("{}"), pg_time(0), pg_uuid(UUID)));
        ck_assert_ok(pg_batch_run(batch));
        const PgRows *rows = pg_batch_rows(batch, echo);
        ck_assert_uint_eq(pg_rows_count(rows), 3);
        ck_assert_str_eq(pg_get_text(rows, 0, 0), "Đơn \"x\" \\ ' {},");
        ck_assert(pg_get_int64(rows, 0, 1) == INT64_MIN);
        ck_assert(pg_get_bool(rows, 0, 2));
        ck_assert_uint_eq(pg_get_bytes(rows, 0, 3).n_bytes, sizeof(bytes));
        ck_assert_mem_eq(pg_get_bytes(rows, 0, 3).data, bytes, sizeof(bytes));
        ck_assert_str_eq(pg_get_text(rows, 0, 4), "{\"a\": [1, \"é\"]}");
        ck_assert(pg_get_time(rows, 0, 5) == 1723300200123456);
        ck_assert_str_eq(pg_get_text(rows, 0, 6), UUID);
        for (size_t column = 0; column < 7; column++)
                ck_assert(pg_is_null(rows, 1, column));
        ck_assert_str_eq(pg_get_text(rows, 2, 0), "");
        ck_assert_uint_eq(pg_get_bytes(rows, 2, 3).n_bytes, 0);
        ck_assert(!pg_is_null(rows, 2, 3));
        ck_assert(pg_get_time(rows, 2, 5) == 0);
}

TEST(a_statement_over_rows_names_each_column_once) {
        ck_assert_str_eq(PG_ROWS(n, id), "unnest($1) WITH ORDINALITY AS n (id, ordinal)");
        ck_assert_str_eq(PG_INSERT_ROWS(notes, id, note),
                         "INSERT INTO notes (id, note) SELECT id, note FROM unnest($1, $2) AS n (id, note)");
        ck_assert_str_eq(PG_PARAMETERS(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x,
                                       y, z, aa, bb, cc, dd, ee, ff, gg, hh, ii, jj, kk, ll, mm, nn),
                         "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, "
                         "$19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, "
                         "$35, $36, $37, $38, $39, $40");
}

TEST(a_uuid_that_is_none_is_refused_for_good) {
        static const char *const wrong[] = { "", "not a uuid", "}", "\"", UUID "\",\"" UUID };

        for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
                const Error *error = pg_run(pool, test_ctx(), &sql_echo_rows,
                                            PG_ARGS(pg_text(""), pg_int64(0), pg_bool(false),
                                                    pg_bytes((Bytes) { 0 }), pg_json("{}"), pg_time(0),
                                                    pg_uuid(wrong[i])),
                                            NULL);

                ck_assert_msg(error_is_final(error), "%s", wrong[i]);
        }
}

START_TEST(how_many_rows_of_all_were_affected_is_not_told) {
        static const PgStatement sql_count = PG_READ_ROWS("SELECT ordinal FROM unnest($1)"
                                                          " WITH ORDINALITY AS u (n, ordinal)");

        pg_rows_affected(query(&sql_count, PG_ARGS(pg_int64(1))));
}
END_TEST

int main(void) {
        Suite *suite = suite_create("pg/types");
        TCase *tests = tcase_create("types");
        TCase *mistakes = tcase_create("mistakes");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        tcase_add_checked_fixture(mistakes, set_up_abort, tear_down);
        tcase_add_test_raise_signal(mistakes, a_numeric_is_refused, SIGABRT);
        tcase_add_test_raise_signal(mistakes, a_number_is_not_read_as_text, SIGABRT);
        tcase_add_test_raise_signal(mistakes, a_row_that_is_not_there_is_refused, SIGABRT);
        tcase_add_test_raise_signal(mistakes, a_column_that_is_not_there_is_refused, SIGABRT);
        tcase_add_test_raise_signal(mistakes, how_many_rows_of_all_were_affected_is_not_told, SIGABRT);
        suite_add_tcase(suite, mistakes);
        return test_main(suite);
}
