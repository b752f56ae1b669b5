/*
 * The sagas that threads of this process work on right now. A lease belongs to the request that took it: when the
 * request's arena goes, nobody renews it any more, and the saga is free for others soon after.
 */
#pragma once

#include <stddef.h>

#include "base/arena.h"

typedef struct Leases Leases;

/* Lives in arena, which must outlive every request. */
Leases *leases_new(Arena *arena);

/* From now until request is reset or freed. */
void leases_add(Leases *leases, Arena *request, const char *order_id);

/* Copies the order ids into arena. */
const char **leases_list(Leases *leases, Arena *arena, size_t *ret_n);
