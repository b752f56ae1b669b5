/* What the tests of the consumer share: a consumer whose effects are rows, and deliveries for it. */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "events/consumer.h"
#include "events/v1/order.rpc.h"
#include "fixture.h"

#define N_SESSIONS 8
#define TRACE_ID "4bf92f3577b34da6a3ce929d0e0e4736"

static const char *dsn;
static PgPool *pool;
static EventConsumer *shipping;

static inline const char *order_id_of(const ProtobufCMessage *message) {
        const EventsV1OrderEvent *event = (const EventsV1OrderEvent *) message;

        return event->data ? event->data->order_id : "";
}

/* A row per event, which the table refuses for the type order.impossible. */
static inline const Error *add_effects(void *self, PgBatch *batch, const Event *events, size_t n) {
        static const PgStatement sql_effect = PG_WRITE("INSERT INTO effects VALUES ($1, $2, $3)");

        (void) self;
        for (size_t i = 0; i < n; i++)
                pg_batch_add(batch, &sql_effect,
                             PG_ARGS(pg_text(events[i].aggregate_id), pg_int64(events[i].version),
                                     pg_text(events[i].type)));
        return NULL;
}

static const EventConsumerSpec spec = {
        .consumer = "shipping",
        .aggregate_type = "order",
        .message = &events_v1_order_event_info,
        .aggregate_id_of = order_id_of,
        .apply = add_effects,
};
static const EventSettings settings = { .ack_wait_ms = 600000, .inbox_hours = 720 };

static inline void make_effects(void) {
        test_sql(dsn, "CREATE TABLE effects (aggregate_id text, version bigint,"
                      "                      type text CHECK (type <> 'order.impossible'))");
}

static inline void set_up(void) {
        pool = pool_new("events", N_SESSIONS, &dsn);
        make_effects();
        shipping = event_consumer_new(test_ctx()->arena, pool, &spec, &settings);
}

static inline void tear_down(void) {
        pg_pool_free(pool);
}

/* The consumer with another idea of what to do. */
static inline EventConsumer *consumer_that(const Error *(*apply)(void *, PgBatch *, const Event *, size_t),
                                           void *self) {
        EventConsumerSpec other = spec;

        other.apply = apply;
        other.self = self;
        return event_consumer_new(test_ctx()->arena, pool, &other, &settings);
}

static inline BusDelivery event(const char *id, int version, const char *type) {
        Arena *arena = test_ctx()->arena;
        const char *payload = arena_printf(
                arena,
                "{\"eventId\":\"e\",\"eventType\":\"%s\",\"addedLater\":{\"a\":[1]},"
                "\"data\":{\"orderId\":\"%s\",\"version\":%d,\"status\":\"X\","
                "\"totals\":{\"total\":613.79,\"currency\":\"USD\"}}}",
                type, id, version);

        return (BusDelivery) {
                .subject = arena_printf(arena, "events.%s", type),
                .message_id = arena_printf(arena, "%s-%d", id, version),
                .payload = payload,
                .payload_bytes = strlen(payload),
                .aggregate_id = id,
                .aggregate_version = version,
                .previous_version = version - 1,
                .event_type = type,
                .traceparent = "00-" TRACE_ID "-00f067aa0ba902b7-01",
                .n_delivered = 1,
                .sequence = 7,
        };
}

static inline BusDelivery with_payload(BusDelivery delivery, const char *payload) {
        delivery.payload = payload;
        delivery.payload_bytes = strlen(payload);
        return delivery;
}

static inline void handle_in(Ctx *ctx, EventConsumer *consumer, BusDelivery *deliveries, size_t n) {
        const BusConsumerConfig config = event_consumer_on_bus(consumer);

        config.handler(config.self, ctx, deliveries, n);
}

static inline void handle(BusDelivery *deliveries, size_t n) {
        handle_in(test_ctx(), shipping, deliveries, n);
}

static inline BusVerdict verdict_of(BusDelivery delivery) {
        handle(&delivery, 1);
        return delivery.verdict;
}

static inline int64_t count_dead(void) {
        return test_sql_int64(dsn, "SELECT count(*) FROM inbox_dead WHERE consumer = 'shipping'");
}

static inline int64_t count_effects(void) {
        return test_sql_int64(dsn, "SELECT count(*) FROM effects");
}

static inline const char *versions(void) {
        return test_sql_text(dsn, "SELECT coalesce(string_agg(aggregate_id || ':' || version, ' '"
                                  "                           ORDER BY aggregate_id), '')"
                                  "  FROM inbox WHERE consumer = 'shipping' AND aggregate_type = 'order'");
}

/* How often the metric has counted the outcome. */
static inline int64_t counted(const char *outcome) {
        Arena *arena = test_ctx()->arena;
        StrBuf text = { .arena = arena };
        const char *series = arena_printf(
                arena, "millrace_consumer_events_total{consumer=\"shipping\",outcome=\"%s\"} ", outcome);

        metrics_write(&text);
        const char *at = strstr(strbuf_text(&text), series);
        return at ? strtoll(at + strlen(series), NULL, 10) : 0;
}
