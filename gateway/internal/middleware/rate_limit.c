#include "middleware/rate_limit.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/hash.h"
#include "http/address.h"

#define MAX_KEY_BYTES 128 /* with the kind; what is longer shares the bucket of its beginning */
#define WAYS 8
#define SETS 4096
#define WINDOW_NS INT64_C(60000000000)
#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)
#define MS_PER_S 1000

/* A bucket's name: its kind as one character, and the key behind it. */
typedef struct BucketName {
        char text[MAX_KEY_BYTES + 1];
} BucketName;

/* The bucket as one number: when it will be full again. Full for all who were never here. */
typedef struct Bucket {
        BucketName name;
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
        GatewayRateLimit *limit = calloc(1, sizeof(GatewayRateLimit));

        if (!limit || getrandom(&limit->seed, sizeof(limit->seed), 0) != sizeof(limit->seed))
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

/* Who has an address of IPv6 has the whole /64. */
static const char *network_of(const char *text, char ret_text[INET6_ADDRSTRLEN]) {
        Address address;

        if (!http_address_read(text, strlen(text), &address))
                return text;
        address = http_address_network(&address);
        http_address_write(&address, ret_text);
        return ret_text;
}

static BucketName name_of(GatewayRateKind kind, const char *key) {
        BucketName name = { .text = { (char) kind } };
        char network[INET6_ADDRSTRLEN];

        if (kind == GATEWAY_RATE_ADDRESS)
                key = network_of(key, network);
        memcpy(name.text + 1, key, strnlen(key, MAX_KEY_BYTES - 1));
        return name;
}

static BucketSet *set_of(GatewayRateLimit *limit, const BucketName *name) {
        uint64_t hash = hash_bytes(limit->seed, name->text, strlen(name->text));

        return &limit->sets[(hash ^ hash >> 32) % SETS];
}

/* The name's bucket, or the one that was full first: nothing is lost with a full one. */
static Bucket *bucket_of(BucketSet *set, const BucketName *name) {
        Bucket *oldest = &set->buckets[0];

        for (size_t i = 0; i < WAYS; i++) {
                Bucket *bucket = &set->buckets[i];

                if (strcmp(bucket->name.text, name->text) == 0)
                        return bucket;
                if (bucket->full_ns < oldest->full_ns)
                        oldest = bucket;
        }
        *oldest = (Bucket) { .name = *name };
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

GatewayQuota gateway_rate_limit_take(GatewayRateLimit *limit, GatewayRateKind kind, const char *key,
                                     int64_t now_us) {
        const BucketName name = name_of(kind, key);
        BucketSet *set = set_of(limit, &name);

        pthread_mutex_lock(&set->lock);
        GatewayQuota quota = take(bucket_of(set, &name), limit->per_minute, now_us * 1000);
        pthread_mutex_unlock(&set->lock);
        return quota;
}

void gateway_rate_limit_give_back(GatewayRateLimit *limit, GatewayRateKind kind, const char *key) {
        const BucketName name = name_of(kind, key);
        BucketSet *set = set_of(limit, &name);

        pthread_mutex_lock(&set->lock);
        bucket_of(set, &name)->full_ns -= WINDOW_NS / limit->per_minute;
        pthread_mutex_unlock(&set->lock);
}
