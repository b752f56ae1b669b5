#include "http/crowd_private.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/memory.h"

#define N_BUCKETS 1024

struct CrowdAddress {
        Address network;
        size_t n;
        CrowdAddress *next;
};

struct Crowd {
        CrowdLimits limits;
        pthread_mutex_t lock;
        size_t n_ordinary, n_reserved;
        CrowdAddress *buckets[N_BUCKETS];
};

Crowd *http_crowd_new(const CrowdLimits *limits) {
        Crowd *crowd = MEMORY_NEW(Crowd);

        crowd->limits = *limits;
        pthread_mutex_init(&crowd->lock, NULL);
        return crowd;
}

void http_crowd_free(Crowd *crowd) {
        if (!crowd)
                return;
        pthread_mutex_destroy(&crowd->lock);
        free(crowd);
}

/* ---- addresses, under the lock ---- */

static CrowdAddress **find(Crowd *crowd, const Address *network) {
        uint64_t hash = hash_bytes(HASH_START, network->bytes, sizeof(network->bytes));
        CrowdAddress **place = &crowd->buckets[hash % N_BUCKETS];
        while (*place && !http_address_equal(&(*place)->network, network))
                place = &(*place)->next;
        return place;
}

static CrowdAddress *address_new(const Address *network) {
        CrowdAddress *address = MEMORY_NEW(CrowdAddress);

        address->network = *network;
        return address;
}

/* NULL when the address has its share already. */
static CrowdAddress *count_address(Crowd *crowd, const Address *network) {
        CrowdAddress **place = find(crowd, network);

        if (!*place)
                *place = address_new(network);
        if ((*place)->n == crowd->limits.n_per_address)
                return NULL;
        (*place)->n++;
        return *place;
}

static void discount_address(Crowd *crowd, CrowdAddress *address) {
        if (--address->n > 0)
                return;
        *find(crowd, &address->network) = address->next;
        free(address);
}

/* ---- coming and going ---- */

static CrowdTicket enter(Crowd *crowd, const Peer *peer) {
        Address network = http_address_network(&peer->address);
        bool has_room = crowd->n_ordinary < crowd->limits.n_all;
        CrowdAddress *address = has_room && !peer->is_trusted ? count_address(crowd, &network) : NULL;

        if (has_room && (address || peer->is_trusted)) {
                crowd->n_ordinary++;
                return (CrowdTicket) { CROWD_ORDINARY, address };
        }
        if (crowd->n_reserved == crowd->limits.n_reserved)
                return (CrowdTicket) { CROWD_FULL, NULL };
        crowd->n_reserved++;
        return (CrowdTicket) { CROWD_RESERVED, NULL };
}

CrowdTicket http_crowd_enter(Crowd *crowd, const Peer *peer) {
        pthread_mutex_lock(&crowd->lock);
        CrowdTicket ticket = enter(crowd, peer);
        pthread_mutex_unlock(&crowd->lock);
        return ticket;
}

void http_crowd_leave(Crowd *crowd, CrowdTicket ticket) {
        pthread_mutex_lock(&crowd->lock);
        if (ticket.place == CROWD_ORDINARY)
                crowd->n_ordinary--;
        else
                crowd->n_reserved--;
        if (ticket.address)
                discount_address(crowd, ticket.address);
        pthread_mutex_unlock(&crowd->lock);
}
