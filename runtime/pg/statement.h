/*
 * Statements, and how their texts name each column once.
 *
 *         static const PgStatement sql_insert_item = PG_WRITE_ROWS(
 *                 PG_INSERT_ROWS(order_items, order_id, line, sku, quantity));
 *
 *         pg_batch_add(batch, &sql_insert_item, PG_ARGS(pg_text(order->id), pg_int64(1), ...));
 */
#pragma once

#include <stdbool.h>

/* A statement's address is its identity: define it static const, above the function that runs it. */
typedef struct PgStatement {
        const char *sql;
        bool writes;     /* a lost connection leaves a write uncertain, a read merely failed */
        bool takes_rows; /* its parameters are columns, one array each */
} PgStatement;

#define PG_READ(text) { .sql = (text) }
#define PG_WRITE(text) { .sql = (text), .writes = true }

/*
 * A statement over rows (PG_ROWS). Each pg_batch_add of it is a row, and all rows of a batch, or of several
 * that share a transaction, are one call. A row takes no arrays. The first parameter of one that writes is
 * the key of the row's aggregate: two batches with one key never share a transaction.
 */
#define PG_READ_ROWS(text) { .sql = (text), .takes_rows = true }
#define PG_WRITE_ROWS(text) { .sql = (text), .writes = true, .takes_rows = true }

/* The rows that a statement is given, under that alias, with their columns and their "ordinal". */
#define PG_ROWS(alias, ...)                                                                                  \
        "unnest(" PG_PARAMETERS(__VA_ARGS__) ") WITH ORDINALITY AS " #alias " (" #__VA_ARGS__ ", ordinal)"

/* Writes each row into the table. Text may follow: WHERE, of the columns; ON CONFLICT. */
#define PG_INSERT_ROWS(table, ...)                                                                           \
        "INSERT INTO " #table " (" #__VA_ARGS__ ") SELECT " #__VA_ARGS__                                     \
        " FROM unnest(" PG_PARAMETERS(__VA_ARGS__) ") AS n (" #__VA_ARGS__ ")"

/* Writes the rows whose key is not in the table yet: a batch sees one row for each of its own that is new. */
#define PG_INSERT_NEW_ROWS(table, key, ...)                                                                  \
        "WITH wanted AS (SELECT * FROM " PG_ROWS(n, key, __VA_ARGS__) "), added AS ("                        \
        "        INSERT INTO " #table " (" #key ", " #__VA_ARGS__ ") SELECT " #key ", " #__VA_ARGS__         \
        "          FROM wanted ON CONFLICT (" #key ") DO NOTHING RETURNING " #key ")"                        \
        " SELECT ordinal FROM wanted JOIN added USING (" #key ")"

/* A number of the program, by its macro, in the text. */
#define PG_NUMBER(number) PG_NUMBER_AS_TEXT(number)
#define PG_NUMBER_AS_TEXT(number) #number

/* "$1, $2, $3" for three columns; for 40 at most. */
#define PG_PARAMETERS(...) PG_PARAMETERS_UP_TO(PG_COUNT(__VA_ARGS__))
#define PG_PARAMETERS_UP_TO(n) PG_PARAMETERS_JOINED(n)
#define PG_PARAMETERS_JOINED(n) PG_##n
#define PG_COUNT(...) PG_41ST(__VA_ARGS__, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26,       \
        25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define PG_41ST(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20,   \
        a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, a36, a37, a38, a39, a40,  \
        a41, ...) a41
#define PG_1 "$1"
#define PG_2 PG_1 ", $2"
#define PG_3 PG_2 ", $3"
#define PG_4 PG_3 ", $4"
#define PG_5 PG_4 ", $5"
#define PG_6 PG_5 ", $6"
#define PG_7 PG_6 ", $7"
#define PG_8 PG_7 ", $8"
#define PG_9 PG_8 ", $9"
#define PG_10 PG_9 ", $10"
#define PG_11 PG_10 ", $11"
#define PG_12 PG_11 ", $12"
#define PG_13 PG_12 ", $13"
#define PG_14 PG_13 ", $14"
#define PG_15 PG_14 ", $15"
#define PG_16 PG_15 ", $16"
#define PG_17 PG_16 ", $17"
#define PG_18 PG_17 ", $18"
#define PG_19 PG_18 ", $19"
#define PG_20 PG_19 ", $20"
#define PG_21 PG_20 ", $21"
#define PG_22 PG_21 ", $22"
#define PG_23 PG_22 ", $23"
#define PG_24 PG_23 ", $24"
#define PG_25 PG_24 ", $25"
#define PG_26 PG_25 ", $26"
#define PG_27 PG_26 ", $27"
#define PG_28 PG_27 ", $28"
#define PG_29 PG_28 ", $29"
#define PG_30 PG_29 ", $30"
#define PG_31 PG_30 ", $31"
#define PG_32 PG_31 ", $32"
#define PG_33 PG_32 ", $33"
#define PG_34 PG_33 ", $34"
#define PG_35 PG_34 ", $35"
#define PG_36 PG_35 ", $36"
#define PG_37 PG_36 ", $37"
#define PG_38 PG_37 ", $38"
#define PG_39 PG_38 ", $39"
#define PG_40 PG_39 ", $40"
