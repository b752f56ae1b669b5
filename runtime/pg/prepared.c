#include "pg/prepared_private.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"

#define FIRST_SLOTS 64

static size_t hash(const void *statement, uint32_t types) {
        uint64_t key = (uint64_t) (uintptr_t) statement ^ (uint64_t) types << 32;

        return (size_t) ((key * UINT64_C(0x9E3779B97F4A7C15)) >> 32);
}

/* The entry of that key, or the free slot where it belongs. */
static PgPreparedEntry *probe(PgPreparedEntry *slots, size_t n_slots, const void *statement, uint32_t types) {
        size_t i = hash(statement, types) & (n_slots - 1);

        while (slots[i].statement && (slots[i].statement != statement || slots[i].types != types))
                i = (i + 1) & (n_slots - 1);
        return &slots[i];
}

static void grow(PgPrepared *prepared) {
        size_t n_slots = prepared->n_slots ? prepared->n_slots * 2 : FIRST_SLOTS;
        PgPreparedEntry *slots = MEMORY_ARRAY(PgPreparedEntry, n_slots);

        for (size_t i = 0; i < prepared->n_slots; i++) {
                const PgPreparedEntry *entry = &prepared->slots[i];

                if (entry->statement)
                        *probe(slots, n_slots, entry->statement, entry->types) = *entry;
        }
        free(prepared->slots);
        prepared->slots = slots;
        prepared->n_slots = n_slots;
}

void pg_prepared_begin_batch(PgPrepared *prepared) {
        prepared->batch++;
}

uint32_t pg_prepared_number(PgPrepared *prepared, const void *statement, uint32_t types, bool *ret_prepare) {
        if (prepared->n_used * 2 >= prepared->n_slots)
                grow(prepared);
        PgPreparedEntry *entry = probe(prepared->slots, prepared->n_slots, statement, types);
        if (!entry->statement) {
                *entry = (PgPreparedEntry) { .statement = statement, .types = types };
                prepared->n_used++;
        }
        *ret_prepare = !entry->is_ready && entry->asked_in != prepared->batch;
        if (*ret_prepare) {
                entry->number = ++prepared->last_number;
                entry->asked_in = prepared->batch;
        }
        return entry->number;
}

void pg_prepared_confirm(PgPrepared *prepared, const void *statement, uint32_t types) {
        probe(prepared->slots, prepared->n_slots, statement, types)->is_ready = true;
}

void pg_prepared_forget(PgPrepared *prepared) {
        free(prepared->slots);
        prepared->slots = NULL;
        prepared->n_slots = prepared->n_used = 0;
}

void pg_prepared_free(PgPrepared *prepared) {
        free(prepared->slots);
}

void pg_prepared_name(uint32_t number, char ret_name[PG_PREPARED_NAME_BYTES]) {
        snprintf(ret_name, PG_PREPARED_NAME_BYTES, "m%u", number);
}
