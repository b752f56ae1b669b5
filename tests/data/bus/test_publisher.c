#include <pthread.h>
#include <string.h>

#include "bus_fixture.h"

TEST(stores_every_message_in_order_with_its_sequence) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        size_t n = 3 * BUS_PUBLISH_WINDOW;
        BusMessage *messages = new_messages(ctx->arena, "A", 3, BUS_PUBLISH_WINDOW);

        ck_assert_ok(bus_publish(publisher, ctx, messages, n, PUBLISH_TIMEOUT_MS));
        for (size_t i = 0; i < n; i++) {
                ck_assert(messages[i].is_stored);
                ck_assert_int_eq(messages[i].sequence, (int64_t) i + 1);
        }
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), n);
        bus_publisher_free(publisher);
        bus_free(bus);
}

TEST(a_second_message_of_the_same_id_is_stored_at_the_first_ones_sequence) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        BusMessage messages[] = { new_message(ctx->arena, "A", 1), new_message(ctx->arena, "A", 2) };

        ck_assert_ok(bus_publish(publisher, ctx, messages, 2, PUBLISH_TIMEOUT_MS));
        ck_assert_ok(bus_publish(publisher, ctx, messages, 2, PUBLISH_TIMEOUT_MS));
        ck_assert(messages[0].is_stored && messages[1].is_stored);
        ck_assert_int_eq(messages[0].sequence, 1);
        ck_assert_int_eq(messages[1].sequence, 2);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 2);
        bus_publisher_free(publisher);
        bus_free(bus);
}

static void limit_message_size(NatsServer *server, int32_t max_bytes) {
        jsCtx *js = nats_server_jetstream(server);
        jsStreamInfo *info;

        ck_assert_int_eq(js_GetStreamInfo(&info, js, BUS_STREAM, NULL, NULL), NATS_OK);
        info->Config->MaxMsgSize = max_bytes;
        ck_assert_int_eq(js_UpdateStream(NULL, js, info->Config, NULL, NULL), NATS_OK);
        jsStreamInfo_Destroy(info);
}

static BusMessage new_large_message(Arena *arena, const char *aggregate, size_t n_bytes) {
        BusMessage message = new_message(arena, aggregate, 1);
        char *payload = arena_alloc(arena, n_bytes + 1);

        memset(payload, 'x', n_bytes);
        message.payload = payload;
        message.payload_bytes = n_bytes;
        return message;
}

TEST(a_message_that_the_stream_refuses_does_not_hold_up_the_others) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();

        limit_message_size(server, 1024);
        BusMessage messages[] = { new_message(ctx->arena, "A", 1), new_large_message(ctx->arena, "B", 2000),
                                  new_message(ctx->arena, "C", 1) };
        ck_assert_ok(bus_publish(publisher, ctx, messages, 3, PUBLISH_TIMEOUT_MS));
        ck_assert(messages[0].is_stored && messages[2].is_stored);
        ck_assert(!messages[1].is_stored && messages[1].is_refused);
        ck_assert_str_eq(messages[1].problem, "message size exceeds maximum allowed");
        bus_publisher_free(publisher);
        bus_free(bus);
}

TEST(what_cannot_be_sent_is_refused_without_harm_to_the_connection) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        BusMessage messages[] = { new_message(ctx->arena, "A", 1),
                                  new_large_message(ctx->arena, "B", BUS_PAYLOAD_MAX_BYTES + 1),
                                  new_large_message(ctx->arena, "C", BUS_PAYLOAD_MAX_BYTES),
                                  new_message(ctx->arena, "D", 1) };

        messages[0].subject = "events.order created";
        ck_assert_ok(bus_publish(publisher, ctx, messages, 4, PUBLISH_TIMEOUT_MS));
        ck_assert(messages[0].is_refused && messages[1].is_refused);
        ck_assert_str_eq(messages[0].problem, "The subject is malformed");
        ck_assert_str_eq(messages[1].problem, "The payload is too large");
        ck_assert(messages[2].is_stored && messages[3].is_stored);
        bus_publisher_free(publisher);
        bus_free(bus);
}

TEST(a_header_with_line_ends_cannot_smuggle_another_header) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        Memory *memory = new_memory(1);
        BusMessage message = new_message(ctx->arena, "A\r\nNats-Rollup: all", 1);

        ck_assert_ok(bus_publish(publisher, ctx, &message, 1, PUBLISH_TIMEOUT_MS));
        BusConsumer *consumer = new_consumer(bus, "smuggle", memory, 10);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the message has come");
        ck_assert_str_eq(memory->seen[0].aggregate, "A  Nats-Rollup: all");
        bus_consumer_free(consumer);
        bus_publisher_free(publisher);
        bus_free(bus);
}

#define N_THREADS 4
#define N_ROUNDS 20
#define N_PER_ROUND 50

typedef struct Work {
        Bus *bus;
        int number;
} Work;

static void *publish_rounds(void *arg) {
        Work *work = arg;
        BusPublisher *publisher = bus_publisher_new(work->bus);
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);

        for (int round = 0; round < N_ROUNDS; round++) {
                const char *prefix = arena_printf(arena, "T%d-%d", work->number, round);
                BusMessage *messages = new_messages(arena, prefix, N_PER_ROUND, 1);

                ck_assert_ok(bus_publish(publisher, &ctx, messages, N_PER_ROUND, PUBLISH_TIMEOUT_MS));
        }
        bus_publisher_free(publisher);
        arena_free(arena);
        return NULL;
}

TEST(many_threads_publish_side_by_side) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        pthread_t threads[N_THREADS];
        Work works[N_THREADS];

        for (int i = 0; i < N_THREADS; i++) {
                works[i] = (Work) { bus, i };
                ck_assert_int_eq(pthread_create(&threads[i], NULL, publish_rounds, &works[i]), 0);
        }
        for (int i = 0; i < N_THREADS; i++)
                pthread_join(threads[i], NULL);
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), N_THREADS * N_ROUNDS * N_PER_ROUND);
        bus_free(bus);
}

/* A stopped server takes the messages and answers after the caller has given up. */
TEST(an_acknowledgement_that_comes_too_late_is_nobodys) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();

        nats_server_pause(server);
        Arena *gone = arena_new();
        Ctx short_ctx = ctx_background(gone);
        BusMessage *late = new_messages(gone, "L", 100, 1);
        ck_assert_reason(bus_publish(publisher, &short_ctx, late, 100, 100), REASON_UNAVAILABLE);
        ck_assert(!late[0].is_stored && !late[0].is_refused);
        arena_free(gone);
        nats_server_resume(server);

        BusMessage *fresh = new_messages(ctx->arena, "F", 100, 1);
        ck_assert_ok(bus_publish(publisher, ctx, fresh, 100, PUBLISH_TIMEOUT_MS));
        for (int i = 0; i < 100; i++)
                ck_assert_int_eq(fresh[i].sequence, 100 + i + 1);
        bus_publisher_free(publisher);
        bus_free(bus);
}

int main(void) {
        Suite *suite = suite_create("bus/publisher");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 60);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
