/* A bus on a nats-server of the test's. */
#pragma once

#include "bus/bus.h"
#include "nats_server.h"

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

/* A condition to wait for. */
static inline bool bus_is_up(void *bus) {
        return bus_is_ready(bus);
}
