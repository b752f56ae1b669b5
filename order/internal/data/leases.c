#include "data/leases.h"

#include "base/monitor.h"

typedef struct Lease Lease;
struct Lease {
        Leases *leases;
        const char *order_id;
        int64_t epoch;
        Lease *next;
        Lease *previous;
};

struct Leases {
        Monitor monitor;
        Lease *first;
        size_t n;
};

static void release(void *pointer) {
        monitor_destroy(&((Leases *) pointer)->monitor);
}

Leases *order_leases_new(Arena *arena) {
        Leases *leases = ARENA_NEW(arena, Leases);

        monitor_init(&leases->monitor);
        arena_defer(arena, release, leases);
        return leases;
}

static void remove_lease(void *pointer) {
        Lease *lease = pointer;
        Leases *leases = lease->leases;

        monitor_lock(&leases->monitor);
        if (lease->previous)
                lease->previous->next = lease->next;
        else
                leases->first = lease->next;
        if (lease->next)
                lease->next->previous = lease->previous;
        leases->n--;
        monitor_unlock(&leases->monitor);
}

void order_leases_add(Leases *leases, Arena *request, const char *order_id, int64_t epoch) {
        Lease *lease = ARENA_NEW(request, Lease);

        lease->leases = leases;
        lease->order_id = order_id;
        lease->epoch = epoch;
        monitor_lock(&leases->monitor);
        lease->next = leases->first;
        if (lease->next)
                lease->next->previous = lease;
        leases->first = lease;
        leases->n++;
        monitor_unlock(&leases->monitor);
        arena_defer(request, remove_lease, lease);
}

size_t order_leases_list(Leases *leases, Arena *arena, const char ***ret_order_ids, int64_t **ret_epochs) {
        size_t n = 0;

        monitor_lock(&leases->monitor);
        *ret_order_ids = ARENA_ARRAY(arena, const char *, leases->n);
        *ret_epochs = ARENA_ARRAY(arena, int64_t, leases->n);
        for (const Lease *lease = leases->first; lease; lease = lease->next, n++) {
                (*ret_order_ids)[n] = arena_strdup(arena, lease->order_id);
                (*ret_epochs)[n] = lease->epoch;
        }
        monitor_unlock(&leases->monitor);
        return n;
}
