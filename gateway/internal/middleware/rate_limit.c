#include "middleware/rate_limit.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "base/memory.h"

#define WAYS 8
#define SETS 4096
#define WINDOW_NS INT64_C(60000000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define MS_PER_S 1000

/* The bucket as one number: when it will be full again. Full for all who were never here. */
typedef struct Bucket {
        GatewayRateKey key;
        int64_t full_ns;
} Bucket;

typedef struct BucketSet {
        pthread_mutex_t lock;
        Bucket buckets[WAYS];
} BucketSet;

struct GatewayRateLimit {
        int64_t per_minute;
        uint64_t seed; /* so that nobody can aim at a set */
        BucketSet sets[SETS];
};

GatewayRateLimit *gateway_rate_limit_new(int64_t per_minute) {
        GatewayRateLimit *limit = MEMORY_NEW(GatewayRateLimit);

        if (getrandom(&limit->seed, sizeof(limit->seed), 0) != sizeof(limit->seed))
                abort();
        limit->per_minute = per_minute;
        for (size_t i = 0; i < SETS; i++)
                pthread_mutex_init(&limit->sets[i].lock, NULL);
        return limit;
}

void gateway_rate_limit_free(GatewayRateLimit *limit) {
        if (!limit)
                return;
        for (size_t i = 0; i < SETS; i++)
                pthread_mutex_destroy(&limit->sets[i].lock);
        free(limit);
}

static GatewayRateKey key_of(char kind, const void *bytes, size_t n_bytes) {
        GatewayRateKey key = { .kind = kind, .n_bytes = (uint8_t) n_bytes };

        memcpy(key.bytes, bytes, n_bytes);
        return key;
}

GatewayRateKey gateway_rate_key_address(const Address *address) {
        const Address network = http_address_network(address);

        return key_of('a', network.bytes, sizeof(network.bytes));
}

GatewayRateKey gateway_rate_key_customer(const char *id) {
        return key_of('c', id, strnlen(id, sizeof((GatewayRateKey) { 0 }.bytes)));
}

static BucketSet *set_of(GatewayRateLimit *limit, const GatewayRateKey *key) {
        uint64_t hash = hash_bytes(limit->seed, key, offsetof(GatewayRateKey, bytes) + key->n_bytes);

        return &limit->sets[(hash ^ hash >> 32) % SETS];
}

/* The key's bucket, or the one that was full first: nothing is lost with a full one. */
static Bucket *bucket_of(BucketSet *set, const GatewayRateKey *key) {
        Bucket *oldest = &set->buckets[0];

        for (size_t i = 0; i < WAYS; i++) {
                Bucket *bucket = &set->buckets[i];

                if (memcmp(&bucket->key, key, sizeof(GatewayRateKey)) == 0)
                        return bucket;
                if (bucket->full_ns < oldest->full_ns)
                        oldest = bucket;
        }
        *oldest = (Bucket) { .key = *key };
        return oldest;
}

static GatewayQuota take(Bucket *bucket, int64_t per_minute, int64_t now_ns) {
        int64_t token_ns = WINDOW_NS / per_minute;
        int64_t missing_ns = bucket->full_ns > now_ns ? bucket->full_ns - now_ns : 0;
        int64_t too_much_ns = missing_ns + token_ns - token_ns * per_minute;
        GatewayQuota quota = { .limit = per_minute };

        if (too_much_ns <= 0) {
                missing_ns += token_ns;
                bucket->full_ns = now_ns + missing_ns;
                quota.remaining = per_minute - (missing_ns + token_ns - 1) / token_ns;
                quota.reset_s = (missing_ns + NS_PER_S - 1) / NS_PER_S;
        } else {
                quota.retry_after_ms = (too_much_ns + NS_PER_MS - 1) / NS_PER_MS;
                quota.reset_s = (quota.retry_after_ms + MS_PER_S - 1) / MS_PER_S;
        }
        return quota;
}

GatewayQuota gateway_rate_limit_take(GatewayRateLimit *limit, const GatewayRateKey *key, int64_t now_us) {
        BucketSet *set = set_of(limit, key);

        pthread_mutex_lock(&set->lock);
        GatewayQuota quota = take(bucket_of(set, key), limit->per_minute, now_us * 1000);
        pthread_mutex_unlock(&set->lock);
        return quota;
}

void gateway_rate_limit_give_back(GatewayRateLimit *limit, const GatewayRateKey *key) {
        BucketSet *set = set_of(limit, key);

        pthread_mutex_lock(&set->lock);
        bucket_of(set, key)->full_ns -= WINDOW_NS / limit->per_minute;
        pthread_mutex_unlock(&set->lock);
}
