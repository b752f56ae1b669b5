#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "pg/rows_private.h"
#include "pg/types_private.h"

#define UUID_BYTES 16

#define ORDINAL "ordinal"

static int64_t int64_of(const char *value) {
        uint64_t wire;

        memcpy(&wire, value, sizeof(wire));
        return (int64_t) be64toh(wire);
}

PgRows pg_rows_of(Arena *arena, PGresult *result, size_t first, size_t n) {
        PgRows rows = { .arena = arena, .result = result, .takes_rows = true };
        int n_tuples = PQntuples(result);

        if (PQnfields(result) == 0 || !str_equal(PQfname(result, 0), ORDINAL))
                return rows;
        int *own = ARENA_ARRAY(arena, int, (size_t) n_tuples);
        for (int i = 0; i < n_tuples; i++) {
                int64_t ordinal = int64_of(PQgetvalue(result, i, 0));

                if (ordinal >= (int64_t) first && ordinal < (int64_t) (first + n))
                        own[rows.n_own++] = i;
        }
        rows.own = own;
        return rows;
}

/* The column of the result; that of the ordinals is not counted. */
static int field_of(const PgRows *rows, size_t column) {
        return (int) column + rows->takes_rows;
}

static int tuple_of(const PgRows *rows, size_t row) {
        return rows->takes_rows ? rows->own[row] : (int) row;
}

size_t pg_columns_count(const PgRows *rows) {
        return (size_t) PQnfields(rows->result) - rows->takes_rows;
}

const char *pg_column_name(const PgRows *rows, size_t column) {
        return PQfname(rows->result, field_of(rows, column));
}

/* Asking for what is not there is a mistake in the program, which no caller could handle. */
static void __attribute__((noreturn)) misused(const PgRows *rows, size_t row, size_t column,
                                              const char *problem) {
        const char *name = pg_column_name(rows, column);

        fprintf(stderr, "row %zu, column %zu (%s): %s\n", row, column, name ? name : "?", problem);
        abort();
}

static Oid type_of(const PgRows *rows, size_t row, size_t column) {
        if (field_of(rows, column) >= PQnfields(rows->result))
                misused(rows, row, column, "there is no such column");
        if (row >= pg_rows_count(rows))
                misused(rows, row, column, "there is no such row");
        return PQftype(rows->result, field_of(rows, column));
}

static const char *value_of(const PgRows *rows, size_t row, size_t column) {
        return PQgetvalue(rows->result, tuple_of(rows, row), field_of(rows, column));
}

size_t pg_rows_count(const PgRows *rows) {
        return rows->takes_rows ? rows->n_own : (size_t) PQntuples(rows->result);
}

size_t pg_rows_affected(const PgRows *rows) {
        if (rows->takes_rows)
                misused(rows, 0, 0, "a statement over rows does not say whose rows it affected");
        return strtoull(PQcmdTuples(rows->result), NULL, 10);
}

bool pg_is_null(const PgRows *rows, size_t row, size_t column) {
        type_of(rows, row, column);
        return PQgetisnull(rows->result, tuple_of(rows, row), field_of(rows, column));
}

static const char *uuid_text(Arena *arena, const char *value) {
        const uint8_t *b = (const uint8_t *) value;

        return arena_printf(arena, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
                            b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
                            b[13], b[14], b[15]);
}

const char *pg_get_text(const PgRows *rows, size_t row, size_t column) {
        Oid type = type_of(rows, row, column);
        const char *value = value_of(rows, row, column);

        if (pg_is_null(rows, row, column))
                return NULL;
        switch (type) {
        case PG_OID_TEXT:
        case PG_OID_VARCHAR:
        case PG_OID_NAME:
        case PG_OID_JSON:
                return value;
        case PG_OID_JSONB: /* behind a version byte */
                return value + 1;
        case PG_OID_UUID:
                return uuid_text(rows->arena, value);
        default:
                misused(rows, row, column, "its type is not read as text");
        }
}

int64_t pg_get_int64(const PgRows *rows, size_t row, size_t column) {
        Oid type = type_of(rows, row, column);
        const char *value = value_of(rows, row, column);
        uint32_t four;
        uint16_t two;

        if (pg_is_null(rows, row, column))
                return 0;
        switch (type) {
        case PG_OID_INT8:
                return int64_of(value);
        case PG_OID_INT4:
                memcpy(&four, value, sizeof(four));
                return (int32_t) be32toh(four);
        case PG_OID_INT2:
                memcpy(&two, value, sizeof(two));
                return (int16_t) be16toh(two);
        default:
                misused(rows, row, column, "its type is not an integer; cast sums to bigint");
        }
}

bool pg_get_bool(const PgRows *rows, size_t row, size_t column) {
        if (type_of(rows, row, column) != PG_OID_BOOL)
                misused(rows, row, column, "its type is not boolean");
        return !pg_is_null(rows, row, column) && *value_of(rows, row, column) != 0;
}

int64_t pg_get_time(const PgRows *rows, size_t row, size_t column) {
        uint64_t since_2000;
        int64_t wall_us;

        if (type_of(rows, row, column) != PG_OID_TIMESTAMPTZ)
                misused(rows, row, column, "its type is not timestamptz");
        if (pg_is_null(rows, row, column))
                return 0;
        memcpy(&since_2000, value_of(rows, row, column), sizeof(since_2000));
        if (__builtin_add_overflow((int64_t) be64toh(since_2000), PG_EPOCH_US, &wall_us))
                return INT64_MAX; /* 'infinity' */
        return wall_us;
}

Bytes pg_get_bytes(const PgRows *rows, size_t row, size_t column) {
        if (type_of(rows, row, column) != PG_OID_BYTEA)
                misused(rows, row, column, "its type is not bytea");
        if (pg_is_null(rows, row, column))
                return (Bytes) { 0 };
        return (Bytes) {
                .data = (const uint8_t *) value_of(rows, row, column),
                .n_bytes = (size_t) PQgetlength(rows->result, tuple_of(rows, row), field_of(rows, column)),
        };
}
