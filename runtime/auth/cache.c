#include "auth/cache_private.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define WAYS 16
#define BUCKETS (TOKEN_CACHE_ENTRIES / WAYS)

typedef struct CacheEntry {
        TokenHash hash;
        TokenClaims claims; /* expires_us is 0 in an unused entry */
} CacheEntry;

typedef struct CacheBucket {
        pthread_mutex_t lock;
        CacheEntry entries[WAYS];
} CacheBucket;

struct TokenCache {
        CacheBucket buckets[BUCKETS];
};

TokenCache *auth_token_cache_new(void) {
        TokenCache *cache = MEMORY_NEW(TokenCache);

        for (size_t i = 0; i < BUCKETS; i++)
                pthread_mutex_init(&cache->buckets[i].lock, NULL);
        return cache;
}

void auth_token_cache_free(TokenCache *cache) {
        if (!cache)
                return;
        for (size_t i = 0; i < BUCKETS; i++)
                pthread_mutex_destroy(&cache->buckets[i].lock);
        free(cache);
}

/* The hash is uniform, so any of its bytes choose a bucket evenly. */
static CacheBucket *bucket_of(TokenCache *cache, const TokenHash *hash) {
        uint32_t number;

        memcpy(&number, hash->bytes, sizeof(number));
        return &cache->buckets[number % BUCKETS];
}

static bool is_same(const TokenHash *a, const TokenHash *b) {
        return memcmp(a->bytes, b->bytes, TOKEN_HASH_BYTES) == 0;
}

bool auth_token_cache_find(TokenCache *cache, const TokenHash *hash, int64_t now_us,
                           TokenClaims *ret_claims) {
        CacheBucket *bucket = bucket_of(cache, hash);
        bool found = false;

        pthread_mutex_lock(&bucket->lock);
        for (size_t i = 0; i < WAYS && !found; i++) {
                const CacheEntry *entry = &bucket->entries[i];

                found = entry->claims.expires_us > now_us && is_same(&entry->hash, hash);
                if (found)
                        *ret_claims = entry->claims;
        }
        pthread_mutex_unlock(&bucket->lock);
        return found;
}

void auth_token_cache_add(TokenCache *cache, const TokenHash *hash, const TokenClaims *claims) {
        CacheBucket *bucket = bucket_of(cache, hash);

        pthread_mutex_lock(&bucket->lock);
        CacheEntry *place = &bucket->entries[0];
        for (size_t i = 0; i < WAYS; i++) {
                CacheEntry *entry = &bucket->entries[i];

                if (is_same(&entry->hash, hash)) {
                        place = entry;
                        break;
                }
                if (entry->claims.expires_us < place->claims.expires_us)
                        place = entry;
        }
        *place = (CacheEntry) { .hash = *hash, .claims = *claims };
        pthread_mutex_unlock(&bucket->lock);
}

void auth_token_cache_clear(TokenCache *cache) {
        for (size_t i = 0; i < BUCKETS; i++) {
                CacheBucket *bucket = &cache->buckets[i];

                pthread_mutex_lock(&bucket->lock);
                memset(bucket->entries, 0, sizeof(bucket->entries));
                pthread_mutex_unlock(&bucket->lock);
        }
}
