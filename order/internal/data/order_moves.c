#include "data/order_moves.h"

#include "base/uuid.h"
#include "data/event_payload.h"
#include "events/outbox.h"

#define AGGREGATE_TYPE "order"

static const PgStatement sql_insert_history = PG_WRITE_ROWS(
        PG_INSERT_ROWS(order_history, order_id, version, from_status, to_status, reason, actor));

void order_moves_add(PgBatch *batch, const Order *order, OrderStatus from, const char *reason,
                     const char *machine, const Trace *trace) {
        Ctx *ctx = pg_batch_ctx(batch);
        const char *event_id = uuid_new(ctx->arena);
        OutboxEvent event = {
                .event_id = event_id,
                .aggregate_type = AGGREGATE_TYPE,
                .aggregate_id = order->id,
                .aggregate_version = order->version,
                .event_type = order_status_event(order->status),
                .payload = order_event_payload(ctx->arena, order, from, reason, event_id),
                .trace = trace,
        };

        pg_batch_add(batch, &sql_insert_history,
                     PG_ARGS(pg_text(order->id), pg_int64(order->version),
                             pg_text(from == ORDER_ANY_STATUS ? NULL : order_status_name(from)),
                             pg_text(order_status_name(order->status)), pg_text(reason),
                             pg_text(ctx_actor(ctx, machine))));
        outbox_add(batch, &event);
}
