/* A bus on a nats-server of the test's. */
#pragma once

#include <string.h>

#include "bus/bus.h"
#include "bus/publisher.h"
#include "nats_server.h"
#include "support.h"

#define TEST_STREAM_MAX_BYTES (INT64_C(256) * 1024 * 1024)

static inline Bus *bus_on(NatsServer *server) {
        return bus_new(&(BusConfig) {
                .url = nats_server_url(server),
                .user = NATS_TEST_USER,
                .password_file = nats_server_password_file(server),
                .keeps_stream = true,
                .name = "test",
                .stream_max_bytes = TEST_STREAM_MAX_BYTES,
        });
}

/* Publishes an event of ORD-1. more: members of its data, with a comma before each; "": none. */
static inline void bus_tell_of_order(Bus *bus, const char *event_type, int64_t version, const char *more) {
        Arena *arena = test_ctx()->arena;
        BusPublisher *publisher = bus_publisher_new(bus);
        const char *payload = arena_printf(
                arena, "{\"eventType\":\"%s\",\"data\":{\"orderId\":\"ORD-1\",\"version\":%lld%s}}",
                event_type, (long long) version, more);
        BusMessage message = {
                .subject = arena_printf(arena, "events.%s", event_type),
                .message_id = arena_printf(arena, "event-%lld", (long long) version),
                .payload = payload,
                .payload_bytes = strlen(payload),
                .aggregate_id = "ORD-1",
                .aggregate_version = version,
                .event_type = event_type,
        };

        ck_assert_ok(bus_publish(publisher, test_ctx(), &message, 1, TEST_WAIT_MS));
        bus_publisher_free(publisher);
}

/* A condition to wait for. */
static inline bool bus_is_up(void *bus) {
        return bus_is_ready(bus);
}
