#include "pg/reader.h"

#include <string.h>

#include "fixture.h"

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("reader", 1, &dsn);
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static PgReader first_row(const PgStatement *statement) {
        const PgRows *rows;

        ck_assert_ok(pg_run(pool, test_ctx(), statement, PG_NO_ARGS, &rows));
        return pg_reader(rows, 0);
}

static void assert_internal(const PgReader *reader, const char *part_of_message) {
        const Error *error = pg_reader_end(reader);

        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(error->code, ERROR_INTERNAL);
        ck_assert_msg(strstr(error->message, part_of_message), "%s", error->message);
}

TEST(columns_are_read_in_their_order) {
        static const PgStatement sql = PG_READ("SELECT 'tea', 7, true, '1970-01-01 00:00:01+00'::timestamptz,"
                                               "       '\\x00ff'::bytea");
        PgReader at = first_row(&sql);

        ck_assert_str_eq(pg_next_text(&at), "tea");
        ck_assert_int_eq(pg_next_int64(&at), 7);
        ck_assert(pg_next_bool(&at));
        ck_assert_int_eq(pg_next_time(&at), 1000000);
        ck_assert_uint_eq(pg_next_bytes_or_none(&at).n_bytes, 2);
        ck_assert_ok(pg_reader_end(&at));
}

TEST(null_is_read_where_it_may_be) {
        static const PgStatement sql =
                PG_READ("SELECT NULL::text, NULL::bigint, NULL::timestamptz, NULL::bytea, 'last'");
        PgReader at = first_row(&sql);

        ck_assert_ptr_null(pg_next_text_or_null(&at));
        ck_assert_int_eq(pg_next_int64_or_zero(&at), 0);
        ck_assert_int_eq(pg_next_time_or_zero(&at), 0);
        ck_assert_ptr_null(pg_next_bytes_or_none(&at).data);
        ck_assert_str_eq(pg_next_text_or_null(&at), "last");
        ck_assert_ok(pg_reader_end(&at));
}

TEST(null_is_an_error_where_none_is_expected) {
        static const PgStatement texts = PG_READ("SELECT NULL::text AS name, 'after'");
        static const PgStatement numbers = PG_READ("SELECT NULL::bigint AS price");
        static const PgStatement flags = PG_READ("SELECT NULL::boolean AS is_new");
        static const PgStatement times = PG_READ("SELECT NULL::timestamptz AS due_at");
        PgReader text = first_row(&texts), number = first_row(&numbers);
        PgReader flag = first_row(&flags), time = first_row(&times);

        ck_assert_str_eq(pg_next_text(&text), "");
        ck_assert_str_eq(pg_next_text(&text), "");
        assert_internal(&text, "name");
        ck_assert_int_eq(pg_next_int64(&number), 0);
        assert_internal(&number, "price");
        ck_assert(!pg_next_bool(&flag));
        assert_internal(&flag, "is_new");
        ck_assert_int_eq(pg_next_time(&time), 0);
        assert_internal(&time, "due_at");
}

TEST(a_row_has_as_many_columns_as_are_read) {
        static const PgStatement sql = PG_READ("SELECT 'one', 'two'");
        PgReader too_few = first_row(&sql), too_many = first_row(&sql);

        pg_next_text(&too_few);
        assert_internal(&too_few, "2 columns, and 1 are read");
        for (int i = 0; i < 3; i++)
                pg_next_text_or_null(&too_many);
        assert_internal(&too_many, "2 columns, and more are read");
}

TEST(the_ordinals_of_rows_are_no_column) {
        static const PgStatement sql =
                PG_READ_ROWS("SELECT ordinal, n + 1 FROM unnest($1) WITH ORDINALITY AS r (n, ordinal)");
        const PgRows *rows;

        ck_assert_ok(pg_run_shared(pool, test_ctx(), &sql, PG_ARGS(pg_int64(41)), &rows));
        PgReader at = pg_reader(rows, 0);
        ck_assert_int_eq(pg_next_int64(&at), 42);
        ck_assert_ok(pg_reader_end(&at));
}

int main(void) {
        Suite *suite = suite_create("pg/reader");
        TCase *tests = tcase_create("reader");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
