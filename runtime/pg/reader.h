/*
 * Reads one row, column by column, in the order of the statement:
 *
 *         PgReader at = pg_reader(rows, 0);
 *
 *         payment->payment_id = pg_next_text(&at);
 *         payment->error = pg_next_text_or_null(&at);
 *         return pg_reader_end(&at);
 *
 * A NULL where none is expected, or another number of columns, is an error, and what is read from then on is
 * empty: so a row that is not what the program takes it for never becomes a value.
 */
#pragma once

#include "pg/batch.h"

typedef struct PgReader {
        const PgRows *rows;
        size_t row, column; /* the next one */
        const Error *error; /* the first that was met */
} PgReader;

PgReader pg_reader(const PgRows *rows, size_t row);

/* Never NULL; "", 0 and false after an error. */
const char *pg_next_text(PgReader *reader);
int64_t pg_next_int64(PgReader *reader);
bool pg_next_bool(PgReader *reader);
int64_t pg_next_time(PgReader *reader); /* microseconds since 1970 */

/* For columns that may be NULL. */
const char *pg_next_text_or_null(PgReader *reader);
int64_t pg_next_int64_or_zero(PgReader *reader);
int64_t pg_next_time_or_zero(PgReader *reader);
Bytes pg_next_bytes_or_none(PgReader *reader);

/* errors: internal, for what was met, or when there are columns that were not read */
const Error *pg_reader_end(const PgReader *reader) MUST_CHECK;
