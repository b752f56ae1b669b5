#include "base/memory.h"
#include "base/word.h"
#include "data/fulfilment_private.h"

static const char *const status_words[] = {
        [SHIPMENT_CREATED] = "CREATED",
        [SHIPMENT_SHIPPED] = "SHIPPED",
        [SHIPMENT_DELIVERED] = "DELIVERED",
        [SHIPMENT_CANCELLED] = "CANCELLED",
};

const char *shipping_sql_status(ShipmentStatus status) {
        return status_words[status];
}

static const Error *read_status(Arena *arena, PgReader *at, const char *column, ShipmentStatus *ret_status) {
        size_t status;

        TRY(word_read(arena, status_words, ARRAY_SIZE(status_words), column, pg_next_text(at), &status));
        *ret_status = (ShipmentStatus) status;
        return NULL;
}

const Error *shipping_sql_shipment(Arena *arena, PgReader *at, Shipment *ret_shipment) {
        Shipment shipment = { .shipment_id = pg_next_text(at) };
        ShipmentOrder *order = &shipment.order;

        order->order_id = pg_next_text(at);
        order->customer_id = pg_next_text(at);
        order->method = pg_next_text(at);
        order->estimated_delivery = pg_next_text(at);
        order->address.street = pg_next_text(at);
        order->address.city = pg_next_text(at);
        order->address.state = pg_next_text(at);
        order->address.zip_code = pg_next_text(at);
        order->address.country = pg_next_text(at);
        shipment.seller_id = pg_next_text(at);
        shipment.warehouse_id = pg_next_text(at);
        TRY(read_status(arena, at, "shipments.status", &shipment.status));
        shipment.carrier = pg_next_text(at);
        shipment.tracking_number = pg_next_text(at);
        shipment.created_at_us = pg_next_time(at);
        shipment.shipped_at_us = pg_next_time_or_zero(at);
        shipment.delivered_at_us = pg_next_time_or_zero(at);
        shipment.version = pg_next_int64(at);
        *ret_shipment = shipment;
        return NULL;
}

/* ---- one fulfilment ---- */

static const PgStatement sql_items = PG_READ(
        "SELECT s.number, i.product_id, i.sku, i.name, i.quantity"
        "  FROM shipments s JOIN shipment_items i USING (shipment_id)"
        " WHERE s.order_id = $1 ORDER BY s.number, i.line");

static const Error *read_item(const PgRows *rows, size_t row, int64_t *ret_number, ShipmentItem *item) {
        PgReader at = pg_reader(rows, row);

        *ret_number = pg_next_int64(&at);
        item->product_id = pg_next_text(&at);
        item->sku = pg_next_text(&at);
        item->name = pg_next_text(&at);
        item->quantity = pg_next_int64(&at);
        return pg_reader_end(&at);
}

/* Shipments count from 1, without gaps; their items stand side by side. */
static const Error *add_items(PgPool *pool, Ctx *ctx, Fulfilment *fulfilment) {
        const PgRows *rows;
        int64_t number;

        TRY(pg_run(pool, ctx, &sql_items, PG_ARGS(pg_text(fulfilment->order_id)), &rows));
        ShipmentItem *items = ARENA_ARRAY(ctx->arena, ShipmentItem, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++) {
                TRY(read_item(rows, i, &number, &items[i]));
                if (number < 1 || (size_t) number > fulfilment->n_shipments)
                        return error_internal(ctx->arena, NULL, "Order %s has an item of shipment %lld",
                                              fulfilment->order_id, (long long) number);
                Shipment *shipment = &fulfilment->shipments[number - 1];
                if (shipment->n_items++ == 0)
                        shipment->items = &items[i];
        }
        return NULL;
}

/* A tombstone is a row without a shipment. */
#define SQL_FIND                                                                                             \
        "SELECT f.order_id, f.customer_id, f.status = 'CANCELLED', f.version, f.n_shipments, "               \
        SHIPMENT_COLUMNS                                                                                     \
        "  FROM fulfilments f LEFT JOIN shipments s USING (order_id)"

static const PgStatement sql_find = PG_READ(SQL_FIND " WHERE f.order_id = $1 ORDER BY s.number");

static const PgStatement sql_find_of = PG_READ(
        SQL_FIND " WHERE f.order_id = (SELECT order_id FROM shipments WHERE shipment_id = $1)"
                 " ORDER BY s.number");

static const Error *read_fulfilment(Ctx *ctx, const PgRows *rows, Fulfilment *fulfilment) {
        size_t n_rows = pg_rows_count(rows);

        fulfilment->shipments = ARENA_ARRAY(ctx->arena, Shipment, n_rows);
        for (size_t i = 0; i < n_rows; i++) {
                PgReader at = pg_reader(rows, i);

                fulfilment->order_id = pg_next_text(&at);
                fulfilment->customer_id = pg_next_text(&at);
                fulfilment->is_cancelled = pg_next_bool(&at);
                fulfilment->version = pg_next_int64(&at);
                if (pg_next_int64(&at) == 0)
                        continue;
                TRY(shipping_sql_shipment(ctx->arena, &at, &fulfilment->shipments[i]));
                TRY(pg_reader_end(&at));
                fulfilment->n_shipments++;
        }
        return NULL;
}

static const Error *find_by(FulfilmentRepo *self, Ctx *ctx, const PgStatement *statement, const char *id,
                            Fulfilment **ret_fulfilment) {
        PgPool *pool = ((PgFulfilmentRepo *) self)->pool;
        Fulfilment *fulfilment = ARENA_NEW(ctx->arena, Fulfilment);
        const PgRows *rows;

        TRY(pg_run(pool, ctx, statement, PG_ARGS(pg_text(id)), &rows));
        *ret_fulfilment = NULL;
        if (pg_rows_count(rows) == 0)
                return NULL;
        TRY(read_fulfilment(ctx, rows, fulfilment));
        TRY(add_items(pool, ctx, fulfilment));
        *ret_fulfilment = fulfilment;
        return NULL;
}

const Error *shipping_sql_find(FulfilmentRepo *self, Ctx *ctx, const char *order_id,
                               Fulfilment **ret_fulfilment) {
        return find_by(self, ctx, &sql_find, order_id, ret_fulfilment);
}

const Error *shipping_sql_find_of(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                  Fulfilment **ret_fulfilment) {
        return find_by(self, ctx, &sql_find_of, shipment_id, ret_fulfilment);
}

/* ---- lists ---- */

static const PgStatement sql_history = PG_READ(
        "SELECT version, status, carrier, tracking_number, reason, actor, changed_at"
        "  FROM shipment_history WHERE shipment_id = $1 ORDER BY version");

const Error *shipping_sql_history(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                  const ShipmentChange **ret_changes, size_t *ret_n) {
        const PgRows *rows;

        TRY(pg_run(((PgFulfilmentRepo *) self)->pool, ctx, &sql_history, PG_ARGS(pg_text(shipment_id)),
                   &rows));
        ShipmentChange *changes = ARENA_ARRAY(ctx->arena, ShipmentChange, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++) {
                PgReader at = pg_reader(rows, i);

                changes[i].version = pg_next_int64(&at);
                TRY(read_status(ctx->arena, &at, "shipment_history.status", &changes[i].status));
                changes[i].carrier = pg_next_text(&at);
                changes[i].tracking_number = pg_next_text(&at);
                changes[i].reason = pg_next_text(&at);
                changes[i].actor = pg_next_text(&at);
                changes[i].changed_at_us = pg_next_time(&at);
                TRY(pg_reader_end(&at));
        }
        *ret_changes = changes;
        *ret_n = pg_rows_count(rows);
        return NULL;
}

/* Each way to list walks an index of its own. */
#define SQL_LIST(condition)                                                                                  \
        "SELECT " SHIPMENT_COLUMNS                                                                           \
        "  FROM shipments s JOIN fulfilments f USING (order_id)"                                             \
        " WHERE ($1::text IS NULL OR s.status = $1)"                                                         \
        "   AND ($2::timestamptz IS NULL OR (s.created_at, s.shipment_id) < ($2, $3))"                       \
        "   AND " condition                                                                                  \
        " ORDER BY s.created_at DESC, s.shipment_id DESC LIMIT $4"

static const PgStatement sql_list_of_order = PG_READ(
        SQL_LIST("s.order_id = $5 AND ($6 = '' OR s.seller_id = $6)"));
static const PgStatement sql_list_of_seller = PG_READ(SQL_LIST("$5 = '' AND s.seller_id = $6"));
static const PgStatement sql_list_all = PG_READ(SQL_LIST("$5 = '' AND $6 = ''"));

static const PgStatement *list_of(const ShipmentQuery *query) {
        if (!str_is_empty(query->order_id))
                return &sql_list_of_order;
        return str_is_empty(query->seller_id) ? &sql_list_all : &sql_list_of_seller;
}

const Error *shipping_sql_list(FulfilmentRepo *self, Ctx *ctx, const ShipmentQuery *query,
                               const Shipment **ret_shipments, size_t *ret_n) {
        const ShipmentPosition *after = query->after;
        const PgRows *rows;

        TRY(pg_run(((PgFulfilmentRepo *) self)->pool, ctx, list_of(query),
                   PG_ARGS(pg_text(query->status ? status_words[query->status] : NULL),
                           after ? pg_time(after->created_at_us) : pg_null(PG_TIME),
                           pg_text(after ? after->shipment_id : NULL), pg_int64(query->limit),
                           pg_text(query->order_id), pg_text(query->seller_id)),
                   &rows));
        Shipment *shipments = ARENA_ARRAY(ctx->arena, Shipment, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++) {
                PgReader at = pg_reader(rows, i);

                TRY(shipping_sql_shipment(ctx->arena, &at, &shipments[i]));
                TRY(pg_reader_end(&at));
        }
        *ret_shipments = shipments;
        *ret_n = pg_rows_count(rows);
        return NULL;
}
