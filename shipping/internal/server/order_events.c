#include "server/order_events.h"

#include "data/fulfilment_repo.h"
#include "events/v1/order.rpc.h"

static const char *order_id_of(const ProtobufCMessage *message) {
        const EventsV1OrderEvent *event = (const EventsV1OrderEvent *) message;

        return event->data ? event->data->order_id : "";
}

static ShipmentAddress address_of(const EventsV1OrderEventData *data) {
        const EventsV1OrderEventAddress *address = data->addresses ? data->addresses->shipping : NULL;

        if (!address)
                return (ShipmentAddress) { "", "", "", "", "" };
        return (ShipmentAddress) { address->street, address->city, address->state, address->zip_code,
                                   address->country };
}

static ShipmentOrder order_of(const EventsV1OrderEventData *data) {
        return (ShipmentOrder) {
                .order_id = data->order_id,
                .customer_id = data->customer_id,
                .method = data->shipping ? data->shipping->method : "",
                .estimated_delivery = data->shipping ? data->shipping->estimated_delivery : "",
                .address = address_of(data),
        };
}

static OrderLine line_of(const EventsV1OrderEventItem *item) {
        return (OrderLine) {
                .item = { item->product_id, item->sku, item->name, item->quantity },
                .seller_id = item->seller_id,
                .warehouse_id = item->warehouse,
        };
}

static const Error *no_items(Ctx *ctx, const Event *event) {
        Error *error = error_internal(ctx->arena, NULL, "Order %s was confirmed without items",
                                      event->aggregate_id);

        error->is_final = true;
        return error;
}

static const Error *plan(Ctx *ctx, const Event *event, const Fulfilment **ret_planned) {
        const EventsV1OrderEventData *data = ((const EventsV1OrderEvent *) event->message)->data;
        ShipmentOrder order = order_of(data);
        OrderLine *lines = ARENA_ARRAY(ctx->arena, OrderLine, data->n_items);

        if (data->n_items == 0)
                return no_items(ctx, event);
        for (size_t i = 0; i < data->n_items; i++)
                lines[i] = line_of(data->items[i]);
        *ret_planned = shipping_plan(ctx->arena, &order, lines, data->n_items);
        return NULL;
}

static const Error *apply(void *pool, PgBatch *batch, const Event *events, size_t n) {
        Ctx *ctx = pg_batch_ctx(batch);
        OrderMove *moves = ARENA_ARRAY(ctx->arena, OrderMove, n);

        for (size_t i = 0; i < n; i++) {
                moves[i] = (OrderMove) { .move = shipping_meaning(events[i].type),
                                         .order_id = events[i].aggregate_id,
                                         .trace = &events[i].trace };
                if (moves[i].move == FULFILMENT_CREATE)
                        TRY(plan(ctx, &events[i], &moves[i].planned));
        }
        return shipping_add_moves(pool, batch, moves, n);
}

const EventConsumerSpec shipping_order_events = {
        .consumer = "shipping",
        .aggregate_type = "order",
        .message = &events_v1_order_event_info,
        .aggregate_id_of = order_id_of,
        .apply = apply,
};
