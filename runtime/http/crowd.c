#include "http/crowd.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define N_BUCKETS 1024
#define MAX_TRUSTED 16

/* IPv4 as ::ffff:a.b.c.d. */
typedef struct Key {
        uint8_t bytes[16];
} Key;

struct CrowdAddress {
        Key key;
        size_t n;
        CrowdAddress *next;
};

struct Crowd {
        CrowdLimits limits;
        Key trusted[MAX_TRUSTED];
        size_t n_trusted;
        pthread_mutex_t lock;
        size_t n_ordinary, n_reserved;
        CrowdAddress *buckets[N_BUCKETS];
};

static const Key mapped = { { [10] = 0xFF, [11] = 0xFF } };

static Key key_of_ipv4(const void *address) {
        Key key = mapped;

        memcpy(key.bytes + 12, address, 4);
        return key;
}

static Key key_of_ipv6(const void *address) {
        Key key;

        memcpy(key.bytes, address, 16);
        if (memcmp(key.bytes, mapped.bytes, 12) != 0)
                memset(key.bytes + 8, 0, 8);
        return key;
}

static Key key_of(const struct sockaddr *peer) {
        return peer->sa_family == AF_INET6 ? key_of_ipv6(&((const struct sockaddr_in6 *) peer)->sin6_addr)
                                           : key_of_ipv4(&((const struct sockaddr_in *) peer)->sin_addr);
}

static bool is_key(const Key *a, const Key *b) {
        return memcmp(a, b, sizeof(Key)) == 0;
}

/* ---- who is trusted ---- */

static bool add_trusted(Crowd *crowd, const char *text, size_t n_bytes) {
        char address[INET6_ADDRSTRLEN] = "", binary[16];

        if (crowd->n_trusted == MAX_TRUSTED || n_bytes >= sizeof(address))
                return false;
        memcpy(address, text, n_bytes);
        if (inet_pton(AF_INET, address, binary) == 1)
                crowd->trusted[crowd->n_trusted++] = key_of_ipv4(binary);
        else if (inet_pton(AF_INET6, address, binary) == 1)
                crowd->trusted[crowd->n_trusted++] = key_of_ipv6(binary);
        else
                return false;
        return true;
}

static bool read_trusted(Crowd *crowd, const char *list) {
        while (list && *list) {
                size_t n = strcspn(list, ", ");

                if (n > 0 && !add_trusted(crowd, list, n))
                        return false;
                list += n + (list[n] != '\0');
        }
        return true;
}

static bool is_trusted(const Crowd *crowd, const Key *key) {
        for (size_t i = 0; i < crowd->n_trusted; i++)
                if (is_key(&crowd->trusted[i], key))
                        return true;
        return false;
}

Crowd *crowd_new(const CrowdLimits *limits) {
        Crowd *crowd = MEMORY_NEW(Crowd);

        crowd->limits = *limits;
        pthread_mutex_init(&crowd->lock, NULL);
        if (read_trusted(crowd, limits->trusted))
                return crowd;
        crowd_free(crowd);
        return NULL;
}

void crowd_free(Crowd *crowd) {
        if (!crowd)
                return;
        pthread_mutex_destroy(&crowd->lock);
        free(crowd);
}

/* ---- addresses, under the lock ---- */

static CrowdAddress **find(Crowd *crowd, const Key *key) {
        uint32_t hash = 2166136261;

        for (size_t i = 0; i < sizeof(key->bytes); i++)
                hash = (hash ^ key->bytes[i]) * 16777619;
        CrowdAddress **place = &crowd->buckets[hash % N_BUCKETS];
        while (*place && !is_key(&(*place)->key, key))
                place = &(*place)->next;
        return place;
}

static CrowdAddress *address_new(const Key *key) {
        CrowdAddress *address = MEMORY_NEW(CrowdAddress);

        address->key = *key;
        return address;
}

/* NULL when the address has its share already. */
static CrowdAddress *count_address(Crowd *crowd, const Key *key) {
        CrowdAddress **place = find(crowd, key);

        if (!*place)
                *place = address_new(key);
        if ((*place)->n == crowd->limits.n_per_address)
                return NULL;
        (*place)->n++;
        return *place;
}

static void discount_address(Crowd *crowd, CrowdAddress *address) {
        if (--address->n > 0)
                return;
        *find(crowd, &address->key) = address->next;
        free(address);
}

/* ---- coming and going ---- */

static CrowdTicket enter(Crowd *crowd, const Key *key) {
        bool has_room = crowd->n_ordinary < crowd->limits.n_all, is_counted = !is_trusted(crowd, key);
        CrowdAddress *address = has_room && is_counted ? count_address(crowd, key) : NULL;

        if (has_room && (address || !is_counted)) {
                crowd->n_ordinary++;
                return (CrowdTicket) { CROWD_ORDINARY, address };
        }
        if (crowd->n_reserved == crowd->limits.n_reserved)
                return (CrowdTicket) { CROWD_FULL, NULL };
        crowd->n_reserved++;
        return (CrowdTicket) { CROWD_RESERVED, NULL };
}

CrowdTicket crowd_enter(Crowd *crowd, const struct sockaddr *peer) {
        Key key = key_of(peer);

        pthread_mutex_lock(&crowd->lock);
        CrowdTicket ticket = enter(crowd, &key);
        pthread_mutex_unlock(&crowd->lock);
        return ticket;
}

void crowd_leave(Crowd *crowd, CrowdTicket ticket) {
        pthread_mutex_lock(&crowd->lock);
        if (ticket.place == CROWD_ORDINARY)
                crowd->n_ordinary--;
        else
                crowd->n_reserved--;
        if (ticket.address)
                discount_address(crowd, ticket.address);
        pthread_mutex_unlock(&crowd->lock);
}
