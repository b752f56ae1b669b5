/* How orders follow their shipments, of which events tell. */
#pragma once

#include "biz/order/order.h"
#include "pg/batch.h"

/* What an event says of the shipments of an order. */
typedef struct ShipmentsNews {
        const char *order_id;
        ShipmentsState state;
        const Trace *trace; /* that the order's events go on with */
} ShipmentsNews;

/*
 * Adds to the batch what the news do to their orders: moves with history and events. An order that somebody
 * else moves meanwhile refuses the batch with INNER_ORDER_MOVED.
 *
 * news         in the order in which they happened; several may be of one order
 * ret_n_late   how many are of no use any more, since their order goes its own way, or there is none
 */
const Error *order_add_following(PgPool *pool, PgBatch *batch, const ShipmentsNews *news, size_t n,
                                 size_t *ret_n_late) MUST_CHECK;
