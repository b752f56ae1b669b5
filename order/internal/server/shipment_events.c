#include "server/shipment_events.h"

#include "base/memory.h"
#include "base/word.h"
#include "data/order_following.h"
#include "events/v1/shipment.rpc.h"
#include "proto/values.h"

enum { CREATED, SHIPPED, DELIVERED };

static const char *const words[] = {
        [CREATED] = "CREATED",
        [SHIPPED] = "SHIPPED",
        [DELIVERED] = "DELIVERED",
};

static const char *order_id_of(const ProtobufCMessage *message) {
        const EventsV1ShipmentEvent *event = (const EventsV1ShipmentEvent *) message;

        return event->data ? event->data->order_id : "";
}

static const Error *not_all_shipments(Ctx *ctx, const EventsV1ShipmentEventData *data) {
        Error *error = error_internal(ctx->arena, NULL, "The event has %zu of the %lld shipments of order %s",
                                      data->n_shipments, (long long) data->shipment_count, data->order_id);

        error->is_final = true;
        return error;
}

static int64_t later(int64_t time_us, const GoogleProtobufTimestamp *other) {
        int64_t other_us = other ? proto_time_from_message(other) : 0;

        return other_us > time_us ? other_us : time_us;
}

static const Error *count(Ctx *ctx, const EventsV1ShipmentEventShipment *shipment, ShipmentsState *state) {
        size_t status;

        TRY(word_read(ctx->arena, words, ARRAY_SIZE(words), "shipments[].status", shipment->status, &status));
        state->n++;
        state->n_shipped += status >= SHIPPED;
        state->n_delivered += status == DELIVERED;
        state->shipped_at_us = later(state->shipped_at_us, shipment->shipped_at);
        state->delivered_at_us = later(state->delivered_at_us, shipment->delivered_at);
        return NULL;
}

static const Error *read_state(Ctx *ctx, const EventsV1ShipmentEventData *data, ShipmentsState *ret_state) {
        ShipmentsState state = { 0 };

        if (data->n_shipments == 0 || (int64_t) data->n_shipments != data->shipment_count)
                return not_all_shipments(ctx, data);
        for (size_t i = 0; i < data->n_shipments; i++)
                TRY(count(ctx, data->shipments[i], &state));
        if (state.n == 1)
                state.tracking_number = str_or_null(data->shipments[0]->tracking_number);
        *ret_state = state;
        return NULL;
}

static const Error *apply(void *self, PgBatch *batch, const Event *events, size_t n) {
        const OrderFollower *follower = self;
        Ctx *ctx = pg_batch_ctx(batch);
        ShipmentsNews *news = ARENA_ARRAY(ctx->arena, ShipmentsNews, n);
        size_t n_late;

        for (size_t i = 0; i < n; i++) {
                const EventsV1ShipmentEvent *event = (const EventsV1ShipmentEvent *) events[i].message;

                news[i] = (ShipmentsNews) { .order_id = events[i].aggregate_id, .trace = &events[i].trace };
                TRY(read_state(ctx, event->data, &news[i].state));
        }
        TRY(order_add_following(follower->pool, batch, news, n, &n_late));
        metric_add(follower->late, (int64_t) n_late, METRIC_NO_LABELS);
        return NULL;
}

OrderFollower *order_follower_new(Arena *arena, PgPool *pool) {
        OrderFollower *follower = ARENA_NEW(arena, OrderFollower);

        *follower = (OrderFollower) {
                .pool = pool,
                .late = metric_counter("millrace_order_late_shipment_events_total",
                                       "Events of shipments whose order was cancelled or has failed"),
        };
        return follower;
}

const EventConsumerSpec order_shipment_events = {
        .consumer = "order",
        .aggregate_type = "shipment",
        .message = &events_v1_shipment_event_info,
        .aggregate_id_of = order_id_of,
        .apply = apply,
};
