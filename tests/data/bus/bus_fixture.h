/* What the bus tests share: a bus on a server of its own, messages, and a handler that remembers. */
#pragma once

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bus.h"
#include "bus/consumer.h"
#include "bus/publisher.h"

#define WAIT_MS TEST_WAIT_MS
#define PUBLISH_TIMEOUT_MS 60000
#define ACK_WAIT_MS 600000 /* no test waits for it */
#define MAX_SEEN 8192

static inline Bus *new_ready_bus(NatsServer *server) {
        Bus *bus = bus_on(server);

        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready");
        return bus;
}

static inline BusMessage new_message(Arena *arena, const char *aggregate, int64_t version) {
        const char *payload = arena_printf(arena, "{\"version\":%lld}", (long long) version);

        return (BusMessage) {
                .subject = "events.order.created",
                .message_id = arena_printf(arena, "%s-%lld", aggregate, (long long) version),
                .payload = payload,
                .payload_bytes = strlen(payload),
                .aggregate_id = aggregate,
                .aggregate_version = version,
                .event_type = "order.created",
                .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
}

/* n_aggregates * n_versions messages, version by version. */
static inline BusMessage *new_messages(Arena *arena, const char *prefix, int n_aggregates, int n_versions) {
        BusMessage *messages = ARENA_ARRAY(arena, BusMessage, (size_t) (n_aggregates * n_versions));

        for (int v = 0; v < n_versions; v++)
                for (int a = 0; a < n_aggregates; a++)
                        messages[v * n_aggregates + a] =
                                new_message(arena, arena_printf(arena, "%s-%d", prefix, a), v + 1);
        return messages;
}

typedef struct Seen {
        char aggregate[64];
        char message_id[64];
        char traceparent[64];
        int64_t version;
        uint64_t n_delivered;
        uint64_t sequence;
        int64_t at_us;
} Seen;

/* Remembers each delivery and gives the verdict that the test asks for. */
typedef struct Memory {
        pthread_mutex_t mutex;
        Seen seen[MAX_SEEN];
        size_t n_seen;
        size_t n_batches;
        size_t largest_batch;
        BusVerdict (*judge)(const BusDelivery *delivery); /* NULL: acknowledge */
        int64_t retry_delay_ms;
        size_t n_wanted; /* for memory_is_full */
} Memory;

static inline void remember(Memory *memory, const BusDelivery *delivery) {
        ck_assert_uint_lt(memory->n_seen, MAX_SEEN);
        Seen *seen = &memory->seen[memory->n_seen++];
        snprintf(seen->aggregate, sizeof(seen->aggregate), "%s", delivery->aggregate_id);
        snprintf(seen->message_id, sizeof(seen->message_id), "%s", delivery->message_id);
        snprintf(seen->traceparent, sizeof(seen->traceparent), "%s", delivery->traceparent);
        seen->version = delivery->aggregate_version;
        seen->n_delivered = delivery->n_delivered;
        seen->sequence = delivery->sequence;
        seen->at_us = clock_monotonic_us();
}

static inline void memory_handle(void *self, Ctx *ctx, BusDelivery *deliveries, size_t n) {
        Memory *memory = self;

        (void) ctx;
        pthread_mutex_lock(&memory->mutex);
        memory->n_batches++;
        memory->largest_batch = n > memory->largest_batch ? n : memory->largest_batch;
        for (size_t i = 0; i < n; i++) {
                remember(memory, &deliveries[i]);
                deliveries[i].verdict = memory->judge ? memory->judge(&deliveries[i]) : BUS_ACK;
                if (memory->retry_delay_ms > 0)
                        deliveries[i].retry_delay_ms = memory->retry_delay_ms;
        }
        pthread_mutex_unlock(&memory->mutex);
}

static inline bool memory_is_full(void *arg) {
        Memory *memory = arg;

        pthread_mutex_lock(&memory->mutex);
        bool is_full = memory->n_seen >= memory->n_wanted;
        pthread_mutex_unlock(&memory->mutex);
        return is_full;
}

static inline Memory *new_memory(size_t n_wanted) {
        Memory *memory = ARENA_NEW(test_ctx()->arena, Memory);

        pthread_mutex_init(&memory->mutex, NULL);
        memory->n_wanted = n_wanted;
        return memory;
}

static inline BusConsumer *new_consumer(Bus *bus, const char *durable, Memory *memory,
                                        int64_t max_ack_pending) {
        return bus_consumer_new(bus, &(BusConsumerConfig) {
                                             .durable = durable,
                                             .filter = "events.order.*",
                                             .batch_limit = 50,
                                             .max_ack_pending = max_ack_pending,
                                             .ack_wait_ms = ACK_WAIT_MS,
                                             .handler = memory_handle,
                                             .self = memory,
                                     });
}

static inline bool is_bound(void *consumer) {
        return bus_consumer_is_bound(consumer);
}
