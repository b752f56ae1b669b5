#include "data/leases.h"

#include <pthread.h>

typedef struct Lease Lease;
struct Lease {
        Leases *leases;
        const char *order_id;
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

Leases *leases_new(Arena *arena) {
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

void leases_add(Leases *leases, Arena *request, const char *order_id) {
        Lease *lease = ARENA_NEW(request, Lease);

        lease->leases = leases;
        lease->order_id = order_id;
        pthread_mutex_lock(&leases->lock);
        lease->next = leases->first;
        if (lease->next)
                lease->next->previous = lease;
        leases->first = lease;
        leases->n++;
        pthread_mutex_unlock(&leases->lock);
        arena_defer(request, remove_lease, lease);
}

const char **leases_list(Leases *leases, Arena *arena, size_t *ret_n) {
        size_t n = 0;

        pthread_mutex_lock(&leases->lock);
        const char **order_ids = ARENA_ARRAY(arena, const char *, leases->n);
        for (const Lease *lease = leases->first; lease; lease = lease->next)
                order_ids[n++] = arena_strdup(arena, lease->order_id);
        pthread_mutex_unlock(&leases->lock);
        *ret_n = n;
        return order_ids;
}
