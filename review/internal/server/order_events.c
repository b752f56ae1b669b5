#include "server/order_events.h"

#include "data/request_repo.h"
#include "events/v1/order.rpc.h"

static const char *order_id_of(const ProtobufCMessage *message) {
        const EventsV1OrderEvent *event = (const EventsV1OrderEvent *) message;

        return event->data ? event->data->order_id : "";
}

static Delivery delivery_of(Arena *arena, const Event *event) {
        const EventsV1OrderEventData *data = ((const EventsV1OrderEvent *) event->message)->data;
        RequestedProduct *products = ARENA_ARRAY(arena, RequestedProduct, data->n_items);

        for (size_t i = 0; i < data->n_items; i++)
                products[i] = (RequestedProduct) { .product_id = data->items[i]->product_id,
                                                   .name = data->items[i]->name };
        return (Delivery) { event->aggregate_id, data->customer_id, products, data->n_items };
}

/* An order comes before it is given back, so returns stand behind deliveries. */
static const Error *apply(void *self, PgBatch *batch, const Event *events, size_t n) {
        const int64_t *delay_ms = self;
        Arena *arena = pg_batch_ctx(batch)->arena;
        Delivery *deliveries = ARENA_ARRAY(arena, Delivery, n);
        const char **returned = ARENA_ARRAY(arena, const char *, n);
        size_t n_deliveries = 0, n_returned = 0;

        for (size_t i = 0; i < n; i++) {
                OrderMeaning meaning = review_meaning(events[i].type);

                if (meaning == ORDER_MEANS_REQUEST)
                        deliveries[n_deliveries++] = delivery_of(arena, &events[i]);
                if (meaning == ORDER_MEANS_RETURN)
                        returned[n_returned++] = events[i].aggregate_id;
        }
        review_add_deliveries(batch, deliveries, n_deliveries, *delay_ms);
        review_add_returns(batch, returned, n_returned);
        return NULL;
}

const EventConsumerSpec review_order_events = {
        .consumer = "review",
        .aggregate_type = "order",
        .message = &events_v1_order_event_info,
        .aggregate_id_of = order_id_of,
        .apply = apply,
};
