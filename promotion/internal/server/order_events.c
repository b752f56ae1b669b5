#include "server/order_events.h"

#include "data/usage_repo.h"
#include "events/v1/order.rpc.h"

static const char *order_id_of(const ProtobufCMessage *message) {
        const EventsV1OrderEvent *event = (const EventsV1OrderEvent *) message;

        return event->data ? event->data->order_id : "";
}

static const Error *apply(void *self, PgBatch *batch, const Event *events, size_t n) {
        OrderMove *moves = ARENA_ARRAY(pg_batch_ctx(batch)->arena, OrderMove, n);

        (void) self;
        for (size_t i = 0; i < n; i++)
                moves[i] = (OrderMove) { events[i].aggregate_id, promotion_meaning(events[i].type) };
        promotion_add_moves(batch, moves, n);
        return NULL;
}

const EventConsumerSpec promotion_order_events = {
        .consumer = "promotion",
        .aggregate_type = "order",
        .message = &events_v1_order_event_info,
        .aggregate_id_of = order_id_of,
        .apply = apply,
};
