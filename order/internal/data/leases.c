#include "data/leases.h"

#include "base/list.h"
#include "base/monitor.h"

typedef struct Lease {
        Leases *leases;
        const char *order_id;
        int64_t epoch;
        List link;
} Lease;

struct Leases {
        Monitor monitor;
        List all;
        size_t n;
};

static void release(void *pointer) {
        monitor_destroy(&((Leases *) pointer)->monitor);
}

Leases *order_leases_new(Arena *arena) {
        Leases *leases = ARENA_NEW(arena, Leases);

        monitor_init(&leases->monitor);
        list_init(&leases->all);
        arena_defer(arena, release, leases);
        return leases;
}

static void remove_lease(void *pointer) {
        Lease *lease = pointer;
        Leases *leases = lease->leases;

        monitor_lock(&leases->monitor);
        list_remove(&lease->link);
        leases->n--;
        monitor_unlock(&leases->monitor);
}

void order_leases_add(Leases *leases, Arena *request, const char *order_id, int64_t epoch) {
        Lease *lease = ARENA_NEW(request, Lease);

        lease->leases = leases;
        lease->order_id = order_id;
        lease->epoch = epoch;
        monitor_lock(&leases->monitor);
        list_prepend(&leases->all, &lease->link);
        leases->n++;
        monitor_unlock(&leases->monitor);
        arena_defer(request, remove_lease, lease);
}

size_t order_leases_list(Leases *leases, Arena *arena, const char ***ret_order_ids, int64_t **ret_epochs) {
        size_t n = 0;

        monitor_lock(&leases->monitor);
        *ret_order_ids = ARENA_ARRAY(arena, const char *, leases->n);
        *ret_epochs = ARENA_ARRAY(arena, int64_t, leases->n);
        LIST_FOR_EACH(Lease, lease, &leases->all, link) {
                (*ret_order_ids)[n] = arena_strdup(arena, lease->order_id);
                (*ret_epochs)[n++] = lease->epoch;
        }
        monitor_unlock(&leases->monitor);
        return n;
}
