/*
 * A token bucket per customer, or per address for those who do not say who they are: a minute's worth at
 * once, refilled evenly. Each gateway process counts for itself.
 *
 * source     002 4.1 Middleware Stack, 3
 */
#pragma once

#include "base/error.h"
#include "http/address.h"

typedef struct GatewayRateLimit GatewayRateLimit;

/* What a request found in its bucket. */
typedef struct GatewayQuota {
        int64_t limit;          /* requests a minute */
        int64_t remaining;      /* that may follow at once */
        int64_t reset_s;        /* until the bucket is full; of a refused one: until the next may go on */
        int64_t retry_after_ms; /* 0: the request may go on */
} GatewayQuota;

/* per_minute   1 to 1,000,000,000 */
GatewayRateLimit *gateway_rate_limit_new(int64_t per_minute);
void gateway_rate_limit_free(GatewayRateLimit *limit); /* accepts NULL */

/* Whose bucket it is: a customer who is called like an address does not share the address's. */
typedef struct GatewayRateKey {
        char kind;
        uint8_t n_bytes;
        char bytes[126]; /* zero behind the n_bytes */
} GatewayRateKey;

/* Of one host: an address of IPv4, or the /64 of one of IPv6. */
GatewayRateKey gateway_rate_key_address(const Address *address);

/* An id that is longer than a key shares the bucket of its beginning. */
GatewayRateKey gateway_rate_key_customer(const char *id);

/*
 * Takes one token from a bucket, if there is one. Thread-safe.
 *
 * now_us     monotonic
 */
GatewayQuota gateway_rate_limit_take(GatewayRateLimit *limit, const GatewayRateKey *key, int64_t now_us);

/* Puts one back that was taken for a request that turned out to be another's. Thread-safe. */
void gateway_rate_limit_give_back(GatewayRateLimit *limit, const GatewayRateKey *key);
