#include "data/order_lock.h"

/* By the order of their numbers, so that nobody waits for one who waits for him. */
static const PgStatement sql_lock = PG_READ(
        "SELECT pg_advisory_xact_lock(8003, number)"
        "  FROM (SELECT DISTINCT hashtext(order_id) AS number FROM unnest($1) AS o (order_id)"
        "         ORDER BY number) AS wanted");

void review_lock_orders(PgBatch *batch, const char *const *order_ids, size_t n) {
        pg_batch_add(batch, &sql_lock, PG_ARGS(pg_text_array(order_ids, n)));
}
