#include "data/leases.h"

#include <pthread.h>

typedef struct Lease Lease;
struct Lease {
        Leases *leases;
        const char *order_id;
        int64_t epoch;
        Lease *next;
        Lease *previous;
};

struct Leases {
        pthread_mutex_t lock;
        Lease *first;
        size_t n;
};

static void release(void *pointer) {
        pthread_mutex_destroy(&((Leases *) pointer)->lock);
}

Leases *order_leases_new(Arena *arena) {
        Leases *leases = ARENA_NEW(arena, Leases);

        pthread_mutex_init(&leases->lock, NULL);
        arena_defer(arena, release, leases);
        return leases;
}

static void remove_lease(void *pointer) {
        Lease *lease = pointer;
        Leases *leases = lease->leases;

        pthread_mutex_lock(&leases->lock);
        if (lease->previous)
                lease->previous->next = lease->next;
        else
                leases->first = lease->next;
        if (lease->next)
                lease->next->previous = lease->previous;
        leases->n--;
        pthread_mutex_unlock(&leases->lock);
}

void order_leases_add(Leases *leases, Arena *request, const char *order_id, int64_t epoch) {
        Lease *lease = ARENA_NEW(request, Lease);

        lease->leases = leases;
        lease->order_id = order_id;
        lease->epoch = epoch;
        pthread_mutex_lock(&leases->lock);
        lease->next = leases->first;
        if (lease->next)
                lease->next->previous = lease;
        leases->first = lease;
        leases->n++;
        pthread_mutex_unlock(&leases->lock);
        arena_defer(request, remove_lease, lease);
}

size_t order_leases_list(Leases *leases, Arena *arena, const char ***ret_order_ids, int64_t **ret_epochs) {
        size_t n = 0;

        pthread_mutex_lock(&leases->lock);
        *ret_order_ids = ARENA_ARRAY(arena, const char *, leases->n);
        *ret_epochs = ARENA_ARRAY(arena, int64_t, leases->n);
        for (const Lease *lease = leases->first; lease; lease = lease->next, n++) {
                (*ret_order_ids)[n] = arena_strdup(arena, lease->order_id);
                (*ret_epochs)[n] = lease->epoch;
        }
        pthread_mutex_unlock(&leases->lock);
        return n;
}
