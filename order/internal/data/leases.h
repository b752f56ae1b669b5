/*
 * The sagas that threads of this process work on right now. A lease belongs to the request that took it: when
 * the request's arena goes, nobody renews it any more, and the saga is free for others soon after.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct Leases Leases;

/* Lives in arena, which must outlive every request. */
Leases *order_leases_new(Arena *arena);

/* From now until request is reset or freed. epoch: of this taking, so that it renews no later one. */
void order_leases_add(Leases *leases, Arena *request, const char *order_id, int64_t epoch);

/* Copies them into arena, as two columns. */
size_t order_leases_list(Leases *leases, Arena *arena, const char ***ret_order_ids, int64_t **ret_epochs);
