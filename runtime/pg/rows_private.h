/* What rows are made of. */
#pragma once

#include "pg/batch.h"
#include "pg/libpq_private.h"

struct PgRows {
        Arena *arena;
        PGresult *result; /* binary */
        bool takes_rows;  /* of a statement over rows: its first column says whose row a tuple belongs to */
        const int *own;   /* then: the tuples that belong to the batch, in the server's order */
        size_t n_own;
};

/*
 * The view of a batch whose rows of arguments are number first (from 1) and n - 1 more. A result without the
 * column shows nothing.
 */
PgRows pg_rows_of(Arena *arena, PGresult *result, size_t first, size_t n);

/* Those that a caller sees, without that of the ordinals. */
size_t pg_columns_count(const PgRows *rows);
const char *pg_column_name(const PgRows *rows, size_t column);
