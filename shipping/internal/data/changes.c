#include "base/uuid.h"
#include "data/fulfilment_private.h"
#include "data/fulfilment_repo.h"
#include "data/shipment_event.h"
#include "events/outbox.h"

#define AGGREGATE_TYPE "shipment"

static const PgStatement sql_history = PG_WRITE_ROWS(
        PG_INSERT_ROWS(shipment_history, shipment_id, version, status, carrier, tracking_number, reason,
                       actor));

void shipping_sql_add_history(PgBatch *batch, const Shipment *shipment, const char *reason) {
        pg_batch_add(batch, &sql_history,
                     PG_ARGS(pg_text(shipment->shipment_id), pg_int64(shipment->version),
                             pg_text(shipping_sql_status(shipment->status)), pg_text(shipment->carrier),
                             pg_text(shipment->tracking_number), pg_text(reason),
                             pg_text(ctx_actor(pg_batch_ctx(batch), SHIPPING_ITSELF))));
}

void shipping_sql_add_event(PgBatch *batch, const Fulfilment *fulfilment, const Shipment *changed,
                            const Trace *trace) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        const char *event_id = uuid_new(arena);

        outbox_add(batch, &(OutboxEvent) {
                .event_id = event_id,
                .aggregate_type = AGGREGATE_TYPE,
                .aggregate_id = fulfilment->order_id,
                .aggregate_version = fulfilment->version,
                .event_type = shipping_event_type(changed),
                .payload = shipping_event_payload(arena, fulfilment, changed, event_id),
                .trace = trace,
        });
}

/* ---- marks ---- */

/* Who is first has the row until his commit. One that was cancelled meanwhile has the same version. */
#define INNER_OVERTAKEN "OVERTAKEN"

static const PgStatement sql_advance = PG_WRITE(
        "WITH moved AS (UPDATE fulfilments"
        "                  SET version = $2, n_shipped = n_shipped + $3, updated_at = now()"
        "                WHERE order_id = $1 AND version = $2 - 1 AND status = 'OPEN' RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_OVERTAKEN "') FROM moved");

static const PgStatement sql_save = PG_WRITE(
        "UPDATE shipments"
        "   SET status = $2, carrier = $3, tracking_number = $4, shipped_at = $5, delivered_at = $6,"
        "       version = $7"
        " WHERE shipment_id = $1");

const Error *shipping_sql_save(FulfilmentRepo *self, Ctx *ctx, const Fulfilment *fulfilment, size_t changed,
                               bool *ret_is_saved) {
        PgBatch *batch = pg_batch_new(((PgFulfilmentRepo *) self)->pool, ctx);
        const Shipment *shipment = &fulfilment->shipments[changed];
        bool is_newly_shipped = shipment->status == SHIPMENT_SHIPPED;

        pg_batch_add(batch, &sql_advance,
                     PG_ARGS(pg_text(fulfilment->order_id), pg_int64(fulfilment->version),
                             pg_int64(is_newly_shipped)));
        pg_batch_add(batch, &sql_save,
                     PG_ARGS(pg_text(shipment->shipment_id), pg_text(shipping_sql_status(shipment->status)),
                             pg_text(shipment->carrier), pg_text(shipment->tracking_number),
                             pg_time_or_null(shipment->shipped_at_us),
                             pg_time_or_null(shipment->delivered_at_us), pg_int64(shipment->version)));
        shipping_sql_add_history(batch, shipment, "");
        shipping_sql_add_event(batch, fulfilment, shipment, NULL);
        const Error *error = pg_batch_run(batch);
        *ret_is_saved = !error;
        if (error_is(error, INNER_OVERTAKEN))
                return NULL;
        TRY(error);
        outbox_hint();
        return NULL;
}

/* ---- cancelling ---- */

/* One that is being created right now is waited for, and found by the statements behind this one. */
static const PgStatement sql_tombstones = PG_WRITE(
        "INSERT INTO fulfilments (order_id, status)"
        " SELECT order_id, 'CANCELLED' FROM unnest($1) AS w (order_id) ORDER BY order_id"
        " ON CONFLICT (order_id) DO NOTHING");

static const PgStatement sql_lock =
        PG_READ("SELECT order_id FROM fulfilments WHERE order_id = ANY ($1) ORDER BY order_id FOR UPDATE");

static const PgStatement sql_cancel = PG_WRITE(
        "WITH cancelled AS ("
        "        UPDATE fulfilments SET status = 'CANCELLED', updated_at = now()"
        "         WHERE order_id = ANY ($1) AND status = 'OPEN' AND n_shipped = 0 RETURNING order_id"
        "), moved AS ("
        "        UPDATE shipments s SET status = 'CANCELLED', version = s.version + 1"
        "          FROM cancelled c WHERE s.order_id = c.order_id RETURNING s.shipment_id, s.version"
        "), noted AS ("
        "        INSERT INTO shipment_history (shipment_id, version, status, reason, actor)"
        "        SELECT shipment_id, version, 'CANCELLED', $2, $3 FROM moved"
        ")"
        " SELECT f.n_shipments, f.n_shipped FROM unnest($1) WITH ORDINALITY AS w (order_id, n)"
        "   JOIN fulfilments f USING (order_id) ORDER BY w.n");

size_t shipping_sql_add_cancel(PgBatch *batch, const char *const *order_ids, size_t n_orders,
                               const char *reason) {
        PgArg orders = pg_text_array(order_ids, n_orders);

        pg_batch_add(batch, &sql_tombstones, PG_ARGS(orders));
        pg_batch_add(batch, &sql_lock, PG_ARGS(orders));
        return pg_batch_add(batch, &sql_cancel,
                            PG_ARGS(orders, pg_text(reason),
                                    pg_text(ctx_actor(pg_batch_ctx(batch), SHIPPING_ITSELF))));
}

const Error *shipping_sql_cancel(FulfilmentRepo *self, Ctx *ctx, const char *order_id, const char *reason,
                                 int64_t *ret_n_shipments, int64_t *ret_n_shipped) {
        PgBatch *batch = pg_batch_new(((PgFulfilmentRepo *) self)->pool, ctx);
        size_t cancel = shipping_sql_add_cancel(batch, &order_id, 1, reason);

        TRY(pg_batch_run(batch));
        PgReader at = pg_reader(pg_batch_rows(batch, cancel), 0);
        int64_t n_shipments = pg_next_int64(&at), n_shipped = pg_next_int64(&at);
        TRY(pg_reader_end(&at));
        *ret_n_shipments = n_shipments;
        *ret_n_shipped = n_shipped;
        return NULL;
}
