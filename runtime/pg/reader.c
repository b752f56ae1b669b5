#include "pg/reader.h"

#include "pg/rows_private.h"

PgReader pg_reader(const PgRows *rows, size_t row) {
        return (PgReader) { .rows = rows, .row = row };
}

/* True when the next column has a value; else what is read is empty. */
static bool has_value(PgReader *reader, bool may_be_null) {
        const PgRows *rows = reader->rows;

        if (reader->error)
                return false;
        if (reader->column >= pg_columns_count(rows)) {
                reader->error = error_internal(rows->arena, NULL, "A row has %zu columns, and more are read",
                                               reader->column);
                return false;
        }
        if (!pg_is_null(rows, reader->row, reader->column))
                return true;
        if (!may_be_null)
                reader->error = error_internal(rows->arena, NULL, "Column %s is NULL",
                                               pg_column_name(rows, reader->column));
        reader->column++;
        return false;
}

const char *pg_next_text(PgReader *reader) {
        return has_value(reader, false) ? pg_get_text(reader->rows, reader->row, reader->column++) : "";
}

const char *pg_next_text_or_null(PgReader *reader) {
        return has_value(reader, true) ? pg_get_text(reader->rows, reader->row, reader->column++) : NULL;
}

int64_t pg_next_int64(PgReader *reader) {
        return has_value(reader, false) ? pg_get_int64(reader->rows, reader->row, reader->column++) : 0;
}

int64_t pg_next_int64_or_zero(PgReader *reader) {
        return has_value(reader, true) ? pg_get_int64(reader->rows, reader->row, reader->column++) : 0;
}

bool pg_next_bool(PgReader *reader) {
        return has_value(reader, false) && pg_get_bool(reader->rows, reader->row, reader->column++);
}

int64_t pg_next_time(PgReader *reader) {
        return has_value(reader, false) ? pg_get_time(reader->rows, reader->row, reader->column++) : 0;
}

int64_t pg_next_time_or_zero(PgReader *reader) {
        return has_value(reader, true) ? pg_get_time(reader->rows, reader->row, reader->column++) : 0;
}

Bytes pg_next_bytes_or_none(PgReader *reader) {
        return has_value(reader, true) ? pg_get_bytes(reader->rows, reader->row, reader->column++)
                                       : (Bytes) { 0 };
}

const Error *pg_reader_end(const PgReader *reader) {
        size_t n_columns = pg_columns_count(reader->rows);

        if (reader->error || reader->column == n_columns)
                return reader->error;
        return error_internal(reader->rows->arena, NULL, "A row has %zu columns, and %zu are read", n_columns,
                              reader->column);
}
