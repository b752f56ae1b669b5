/* Which statements a session has prepared, by address and parameter types. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PG_PREPARED_NAME_BYTES 16

typedef struct PgPreparedEntry {
        const void *statement; /* NULL: a free slot */
        uint32_t types;        /* hash of the parameter types: the same SQL with others is another plan */
        uint32_t number;       /* what its name is made of */
        uint64_t asked_in;     /* the batch that last asked the server to prepare it */
        bool is_ready;         /* the server has confirmed it */
} PgPreparedEntry;

/* An open hash table; starts zeroed. */
typedef struct PgPrepared {
        PgPreparedEntry *slots;
        size_t n_slots; /* 0 or a power of two */
        size_t n_used;
        uint32_t last_number;
        uint64_t batch; /* counts the batches of the session */
} PgPrepared;

/* Called before the statements of each batch are looked up. */
void pg_prepared_begin_batch(PgPrepared *prepared);

/*
 * Finds the statement's number or gives it one. *ret_prepare tells whether this batch must prepare it first:
 * what an earlier batch asked for, but the server never confirmed, is prepared again under a new number.
 */
uint32_t pg_prepared_number(PgPrepared *prepared, const void *statement, uint32_t types, bool *ret_prepare);

/* The server has prepared it. */
void pg_prepared_confirm(PgPrepared *prepared, const void *statement, uint32_t types);

/* Forgets every statement; the numbers go on counting, so that no name is used twice. */
void pg_prepared_forget(PgPrepared *prepared);

void pg_prepared_free(PgPrepared *prepared);

/* The name on the server. */
void pg_prepared_name(uint32_t number, char ret_name[PG_PREPARED_NAME_BYTES]);
