#include "server/order_events.h"

#include "data/points_repo.h"
#include "events/v1/order.rpc.h"

static const char *order_id_of(const ProtobufCMessage *message) {
        const EventsV1OrderEvent *event = (const EventsV1OrderEvent *) message;

        return event->data ? event->data->order_id : "";
}

/* An order from before points were told has earned none. */
static OrderPoints points_of(const Event *event) {
        const EventsV1OrderEventData *data = ((const EventsV1OrderEvent *) event->message)->data;

        return (OrderPoints) {
                .order_id = event->aggregate_id,
                .customer_id = data->customer_id,
                .move = customer_points_meaning(event->type),
                .earned = data->loyalty ? data->loyalty->points_earned : 0,
        };
}

static const Error *apply(void *self, PgBatch *batch, const Event *events, size_t n) {
        OrderPoints *orders = ARENA_ARRAY(pg_batch_ctx(batch)->arena, OrderPoints, n);

        (void) self;
        for (size_t i = 0; i < n; i++)
                orders[i] = points_of(&events[i]);
        customer_add_order_points(batch, orders, n);
        return NULL;
}

const EventConsumerSpec customer_order_events = {
        .consumer = "customer",
        .aggregate_type = "order",
        .message = &events_v1_order_event_info,
        .aggregate_id_of = order_id_of,
        .apply = apply,
};
