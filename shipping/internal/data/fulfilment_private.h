/*
 * What the files of the fulfilment repository share.
 *
 * Whoever changes shipments first takes the row of their fulfilment: by an UPDATE that names the version that
 * was read, or, to cancel, by a lock. So of shipping and cancelling that meet, one comes first and the other
 * sees what it did.
 */
#pragma once

#include "biz/shipping/fulfilment.h"
#include "pg/reader.h"

#define SHIPMENT_COLUMNS                                                                                     \
        "s.shipment_id, s.order_id, f.customer_id, f.method, f.estimated_delivery, f.street, f.city,"        \
        " f.state, f.zip_code, f.country, s.seller_id, s.warehouse_id, s.status, s.carrier,"                 \
        " s.tracking_number, s.created_at, s.shipped_at, s.delivered_at, s.version"

typedef struct PgFulfilmentRepo {
        FulfilmentRepo base;
        PgPool *pool;
} PgFulfilmentRepo;

/* Reads the columns of a shipment; its texts live as long as the rows. errors: internal */
const Error *shipping_sql_shipment(Arena *arena, PgReader *at, Shipment *ret_shipment) MUST_CHECK;

/* "CREATED" */
const char *shipping_sql_status(ShipmentStatus status);

const Error *shipping_sql_find(FulfilmentRepo *self, Ctx *ctx, const char *order_id,
                               Fulfilment **ret_fulfilment) MUST_CHECK;
const Error *shipping_sql_find_of(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                  Fulfilment **ret_fulfilment) MUST_CHECK;
const Error *shipping_sql_history(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                  const ShipmentChange **ret_changes, size_t *ret_n) MUST_CHECK;
const Error *shipping_sql_list(FulfilmentRepo *self, Ctx *ctx, const ShipmentQuery *query,
                               const Shipment **ret_shipments, size_t *ret_n) MUST_CHECK;
const Error *shipping_sql_save(FulfilmentRepo *self, Ctx *ctx, const Fulfilment *fulfilment, size_t changed,
                               bool *ret_is_saved) MUST_CHECK;
const Error *shipping_sql_cancel(FulfilmentRepo *self, Ctx *ctx, const char *order_id, const char *reason,
                                 int64_t *ret_n_shipments, int64_t *ret_n_shipped) MUST_CHECK;
const Error *shipping_sql_tidy(FulfilmentRepo *self, Ctx *ctx, size_t limit,
                               size_t *ret_n_forgotten) MUST_CHECK;

/*
 * Adds to the batch what cancels those of the orders of which nothing was shipped, with a tombstone for each
 * that has no shipments. Its rows say per order: how many shipments it has, how many were shipped. Returns
 * the index.
 */
size_t shipping_sql_add_cancel(PgBatch *batch, const char *const *order_ids, size_t n_orders,
                               const char *reason);

/* Adds the history of a shipment as it is now. reason: "" for none */
void shipping_sql_add_history(PgBatch *batch, const Shipment *shipment, const char *reason);

/* Adds the event of a fulfilment to the batch. changed: which shipment; NULL: they were created */
void shipping_sql_add_event(PgBatch *batch, const Fulfilment *fulfilment, const Shipment *changed,
                            const Trace *trace);

/* Who does what nobody asked for. */
#define SHIPPING_ITSELF "shipping-service"
