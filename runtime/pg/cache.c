#include "pg/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/memory.h"
#include "pg/rows_private.h"

/* The slots are shared among so many locks, so that callers seldom meet. */
#define N_SHARDS 16

/* One answer; lives until its slot has another and the last who reads it is done. */
typedef struct Answer {
        const PgStatement *statement;
        char *key;
        size_t n_key_bytes;
        int64_t until_us;
        PGresult *result;
        atomic_int n_owners;
} Answer;

typedef struct Shard {
        pthread_mutex_t lock;
        uint64_t n_forgotten; /* an answer that was asked for before the last time may be old */
} Shard;

struct PgCache {
        PgPool *pool;
        int64_t ttl_ms;
        Shard shards[N_SHARDS];
        size_t n_slots;
        Answer *slots[];
};

PgCache *pg_cache_new(PgPool *pool, size_t n_slots, int64_t ttl_ms) {
        PgCache *cache = MEMORY_NEW_WITH(PgCache, slots, n_slots);

        cache->pool = pool;
        cache->ttl_ms = ttl_ms;
        cache->n_slots = n_slots;
        for (size_t i = 0; i < N_SHARDS; i++)
                pthread_mutex_init(&cache->shards[i].lock, NULL);
        return cache;
}

static void answer_release(void *pointer) {
        Answer *answer = pointer;

        if (!answer || atomic_fetch_sub(&answer->n_owners, 1) > 1)
                return;
        PQclear(answer->result);
        free(answer->key);
        free(answer);
}

void pg_cache_free(PgCache *cache) {
        if (!cache)
                return;
        for (size_t i = 0; i < cache->n_slots; i++)
                answer_release(cache->slots[i]);
        for (size_t i = 0; i < N_SHARDS; i++)
                pthread_mutex_destroy(&cache->shards[i].lock);
        free(cache);
}

/* The texts with their ends, so that no two lists of texts have the same key. */
static Bytes key_of(Arena *arena, const char *const *texts, size_t n_texts) {
        StrBuf key = { .arena = arena };

        for (size_t i = 0; i < n_texts; i++)
                strbuf_add_bytes(&key, texts[i], strlen(texts[i]) + 1);
        return (Bytes) { .data = (const uint8_t *) key.text, .n_bytes = key.n_bytes };
}

static size_t slot_of(const PgCache *cache, const PgStatement *statement, Bytes key) {
        uint64_t hash = hash_bytes((uint64_t) (uintptr_t) statement, key.data, key.n_bytes);

        return (size_t) (hash % cache->n_slots);
}

static bool is_for(const Answer *answer, const PgStatement *statement, Bytes key) {
        return answer && answer->statement == statement && answer->n_key_bytes == key.n_bytes &&
               memcmp(answer->key, key.data, key.n_bytes) == 0;
}

/* NULL when there is none that is young enough; else the caller owns it too. */
static Answer *find(PgCache *cache, size_t slot, const PgStatement *statement, Bytes key,
                    uint64_t *ret_n_forgotten) {
        Shard *shard = &cache->shards[slot % N_SHARDS];

        pthread_mutex_lock(&shard->lock);
        Answer *answer = cache->slots[slot];
        if (is_for(answer, statement, key) && clock_monotonic_us() < answer->until_us)
                atomic_fetch_add(&answer->n_owners, 1);
        else
                answer = NULL;
        *ret_n_forgotten = shard->n_forgotten;
        pthread_mutex_unlock(&shard->lock);
        return answer;
}

static Answer *answer_new(const PgCache *cache, const PgStatement *statement, Bytes key, const PgRows *rows) {
        Answer *answer = MEMORY_NEW(Answer);
        PGresult *result = PQcopyResult(rows->result, PG_COPYRES_TUPLES);

        if (!result)
                abort();
        *answer = (Answer) {
                .statement = statement,
                .key = memcpy(MEMORY_ARRAY(char, key.n_bytes), key.data, key.n_bytes),
                .n_key_bytes = key.n_bytes,
                .until_us = clock_monotonic_us() + cache->ttl_ms * 1000,
                .result = result,
                .n_owners = 1,
        };
        return answer;
}

static void keep(PgCache *cache, size_t slot, Answer *answer, uint64_t n_forgotten) {
        Shard *shard = &cache->shards[slot % N_SHARDS];
        Answer *released = answer;

        pthread_mutex_lock(&shard->lock);
        if (shard->n_forgotten == n_forgotten) {
                released = cache->slots[slot];
                cache->slots[slot] = answer;
        }
        pthread_mutex_unlock(&shard->lock);
        answer_release(released);
}

void pg_cache_forget(PgCache *cache, const PgStatement *statement, const char *const *texts, size_t n_texts) {
        Arena *arena = arena_new();
        Bytes key = key_of(arena, texts, n_texts);
        size_t slot = slot_of(cache, statement, key);
        Shard *shard = &cache->shards[slot % N_SHARDS];
        Answer *forgotten = NULL;

        pthread_mutex_lock(&shard->lock);
        shard->n_forgotten++;
        if (is_for(cache->slots[slot], statement, key)) {
                forgotten = cache->slots[slot];
                cache->slots[slot] = NULL;
        }
        pthread_mutex_unlock(&shard->lock);
        answer_release(forgotten);
        arena_free(arena);
}

static const PgRows *rows_of(Ctx *ctx, Answer *answer) {
        PgRows *rows = ARENA_NEW(ctx->arena, PgRows);

        *rows = (PgRows) { .arena = ctx->arena, .result = answer->result };
        arena_defer(ctx->arena, answer_release, answer);
        return rows;
}

static const Error *ask(PgCache *cache, Ctx *ctx, const PgStatement *statement, const char *const *texts,
                        size_t n_texts, const PgRows **ret_rows) {
        PgArg *args = ARENA_ARRAY(ctx->arena, PgArg, n_texts);

        for (size_t i = 0; i < n_texts; i++)
                args[i] = pg_text(texts[i]);
        return pg_run(cache->pool, ctx, statement, (PgArgs) { .items = args, .n = n_texts }, ret_rows);
}

const Error *pg_cache_run(PgCache *cache, Ctx *ctx, const PgStatement *statement, const char *const *texts,
                          size_t n_texts, const PgRows **ret_rows) {
        Bytes key = key_of(ctx->arena, texts, n_texts);
        size_t slot = slot_of(cache, statement, key);
        uint64_t n_forgotten;
        Answer *answer = find(cache, slot, statement, key, &n_forgotten);

        if (answer) {
                *ret_rows = rows_of(ctx, answer);
                return NULL;
        }
        TRY(ask(cache, ctx, statement, texts, n_texts, ret_rows));
        if (pg_rows_count(*ret_rows) > 0)
                keep(cache, slot, answer_new(cache, statement, key, *ret_rows), n_forgotten);
        return NULL;
}
