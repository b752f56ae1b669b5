#include <string.h>

#include "base/metrics.h"
#include "bus_fixture.h"

#define N_AGGREGATES 20
#define N_VERSIONS 50
#define N_ALL (N_AGGREGATES * N_VERSIONS)

static void publish(Bus *bus, BusMessage *messages, size_t n) {
        BusPublisher *publisher = bus_publisher_new(bus);

        ck_assert_ok(bus_publish(publisher, test_ctx(), messages, n, PUBLISH_TIMEOUT_MS));
        bus_publisher_free(publisher);
}

static bool none_pending(void *arg) {
        jsConsumerInfo *info;

        if (js_GetConsumerInfo(&info, arg, BUS_STREAM, "orders", NULL, NULL) != NATS_OK)
                return false;
        bool result = info->NumAckPending == 0 && info->NumPending == 0;
        jsConsumerInfo_Destroy(info);
        return result;
}

TEST(takes_every_message_once_and_in_order_per_aggregate) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(N_ALL);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 500);

        publish(bus, new_messages(test_ctx()->arena, "A", N_AGGREGATES, N_VERSIONS), N_ALL);
        test_wait_until(memory_is_full, memory, WAIT_MS, "all have come");
        test_wait_until(none_pending, nats_server_jetstream(server), WAIT_MS, "all are acknowledged");
        bus_consumer_free(consumer);

        int64_t last[N_AGGREGATES] = { 0 };
        ck_assert_uint_eq(memory->n_seen, N_ALL);
        for (size_t i = 0; i < N_ALL; i++) {
                int a = atoi(memory->seen[i].aggregate + strlen("A-"));
                ck_assert_int_eq(memory->seen[i].version, ++last[a]);
                ck_assert_uint_eq(memory->seen[i].sequence, i + 1);
        }
        ck_assert_uint_le(memory->largest_batch, 50);
        ck_assert_uint_gt(memory->largest_batch, 1);
        ck_assert_str_eq(memory->seen[0].traceparent,
                         "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        ck_assert_str_eq(memory->seen[0].message_id, "A-0-1");
        bus_free(bus);
}

static BusVerdict retry_twice(const BusDelivery *delivery) {
        return delivery->n_delivered < 3 ? BUS_RETRY : BUS_ACK;
}

TEST(a_retry_comes_back_after_its_delay) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(3);

        memory->judge = retry_twice;
        memory->retry_delay_ms = 300;
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 10);
        publish(bus, new_messages(test_ctx()->arena, "A", 1, 1), 1);
        test_wait_until(memory_is_full, memory, WAIT_MS, "it has come three times");
        test_wait_until(none_pending, nats_server_jetstream(server), WAIT_MS, "it is acknowledged");
        bus_consumer_free(consumer);
        for (size_t i = 0; i < 3; i++)
                ck_assert_uint_eq(memory->seen[i].n_delivered, i + 1);
        for (size_t i = 1; i < 3; i++) {
                int64_t pause_us = memory->seen[i].at_us - memory->seen[i - 1].at_us;
                ck_assert_int_ge(pause_us, 290000);
        }
        bus_free(bus);
}

static BusVerdict park_b(const BusDelivery *delivery) {
        return strcmp(delivery->aggregate_id, "P-1") == 0 ? BUS_PARK : BUS_ACK;
}

TEST(a_parked_message_never_comes_again_and_the_others_flow) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(3);

        memory->judge = park_b;
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 10);
        publish(bus, new_messages(test_ctx()->arena, "P", 3, 1), 3);
        test_wait_until(none_pending, nats_server_jetstream(server), WAIT_MS, "none is pending");
        bus_consumer_free(consumer);
        ck_assert_uint_eq(memory->n_seen, 3);
        bus_free(bus);
}

typedef struct Gate {
        Memory *memory;
        pthread_mutex_t mutex;
} Gate;

static void handle_behind_gate(void *self, Ctx *ctx, BusDelivery *deliveries, size_t n) {
        Gate *gate = self;

        memory_handle(gate->memory, ctx, deliveries, n);
        pthread_mutex_lock(&gate->mutex);
        pthread_mutex_unlock(&gate->mutex);
}

static void *free_consumer(void *consumer) {
        bus_consumer_free(consumer);
        return NULL;
}

static bool is_unbound(void *consumer) {
        return !bus_consumer_is_bound(consumer);
}

TEST(ending_finishes_the_batch_at_hand_and_gives_the_rest_to_the_next_member_at_once) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(1);
        Gate gate = { .memory = memory, .mutex = PTHREAD_MUTEX_INITIALIZER };
        BusConsumerConfig config = { .durable = "orders",
                                     .filter = "events.order.*",
                                     .batch_limit = 5,
                                     .max_ack_pending = 100,
                                     .ack_wait_ms = 600000,
                                     .handler = handle_behind_gate,
                                     .self = &gate };
        pthread_t ending;

        publish(bus, new_messages(test_ctx()->arena, "A", 20, 1), 20);
        pthread_mutex_lock(&gate.mutex);
        BusConsumer *first = bus_consumer_new(bus, &config);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the first batch is at hand");
        ck_assert_int_eq(pthread_create(&ending, NULL, free_consumer, first), 0);
        test_wait_until(is_unbound, first, WAIT_MS, "the first takes nothing more");
        pthread_mutex_unlock(&gate.mutex);
        pthread_join(ending, NULL);
        size_t n_first = memory->n_seen;
        ck_assert_uint_lt(n_first, 20);

        memory->n_wanted = 20;
        BusConsumer *second = bus_consumer_new(bus, &config);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the rest has come to the second member");
        test_wait_until(none_pending, nats_server_jetstream(server), WAIT_MS, "all are acknowledged");
        ck_assert_uint_eq(memory->n_seen, 20);
        bus_consumer_free(second);
        bus_free(bus);
}

TEST(changed_settings_are_applied_before_binding) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(1);
        jsConsumerInfo *info;

        BusConsumer *first = new_consumer(bus, "orders", memory, 64);
        test_wait_until(is_bound, first, WAIT_MS, "the first is bound");
        BusConsumer *second = new_consumer(bus, "orders", memory, 128);
        test_wait_until(is_bound, second, WAIT_MS, "the second is bound with other settings");
        ck_assert_int_eq(
                js_GetConsumerInfo(&info, nats_server_jetstream(server), BUS_STREAM, "orders", NULL, NULL),
                NATS_OK);
        ck_assert_int_eq(info->Config->MaxAckPending, 128);
        jsConsumerInfo_Destroy(info);
        publish(bus, new_messages(test_ctx()->arena, "A", 1, 1), 1);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the message has come");
        bus_consumer_free(first);
        bus_consumer_free(second);
        ck_assert_int_eq(
                js_GetConsumerInfo(&info, nats_server_jetstream(server), BUS_STREAM, "orders", NULL, NULL),
                NATS_OK);
        jsConsumerInfo_Destroy(info);
        bus_free(bus);
}

TEST(binds_again_when_somebody_deletes_the_durable) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(1);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 10);

        test_wait_until(is_bound, consumer, WAIT_MS, "it is bound");
        ck_assert_int_eq(js_DeleteConsumer(nats_server_jetstream(server), BUS_STREAM, "orders", NULL, NULL),
                         NATS_OK);
        publish(bus, new_messages(test_ctx()->arena, "A", 1, 1), 1);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the message has come through the new durable");
        bus_consumer_free(consumer);
        bus_free(bus);
}

static void keep_only_one_message(jsCtx *js) {
        jsStreamInfo *info;

        ck_assert_int_eq(js_GetStreamInfo(&info, js, BUS_STREAM, NULL, NULL), NATS_OK);
        jsStreamConfig config = *info->Config;
        config.MaxMsgs = 1;
        ck_assert_int_eq(js_UpdateStream(NULL, js, &config, NULL, NULL), NATS_OK);
        jsStreamInfo_Destroy(info);
}

static void assert_missed(int n) {
        Ctx *ctx = test_ctx();
        StrBuf out = { .arena = ctx->arena };

        metrics_write(&out);
        const char *labels = strstr(strbuf_text(&out), "missed_total{consumer=\"orders\"} ");
        ck_assert_int_eq(labels ? atoi(strchr(labels, ' ')) : 0, n);
}

/* While nobody was there the stream was cut at its front. */
TEST(what_the_stream_lost_before_it_was_delivered_is_counted) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(2);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 10);

        publish(bus, new_messages(test_ctx()->arena, "A", 2, 1), 2);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the first two have come");
        test_wait_until(none_pending, nats_server_jetstream(server), WAIT_MS, "they are acknowledged");
        bus_consumer_free(consumer);
        publish(bus, new_messages(test_ctx()->arena, "B", 4, 1), 4);
        assert_missed(0);
        keep_only_one_message(nats_server_jetstream(server));
        memory->n_wanted = 3;
        consumer = new_consumer(bus, "orders", memory, 10);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the last one has come");
        bus_consumer_free(consumer);
        assert_missed(3);
        bus_free(bus);
}

/* What a new one begins behind was never its own. */
TEST(a_new_consumer_has_missed_nothing) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        Memory *memory = new_memory(1);

        publish(bus, new_messages(test_ctx()->arena, "A", 4, 1), 4);
        keep_only_one_message(nats_server_jetstream(server));
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 10);
        test_wait_until(memory_is_full, memory, WAIT_MS, "the last one has come");
        bus_consumer_free(consumer);
        assert_missed(0);
        bus_free(bus);
}

TEST(is_not_bound_without_a_server) {
        NatsServer *server = nats_server_new();

        nats_server_kill(server);
        Bus *bus = bus_on(server);
        Memory *memory = new_memory(1);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 10);
        ck_assert(is_unbound(consumer));
        ck_assert(!bus_is_ready(bus));
        nats_server_start(server);
        test_wait_until(is_bound, consumer, WAIT_MS, "it is bound once the server is there");
        bus_consumer_free(consumer);
        bus_free(bus);
}

int main(void) {
        Suite *suite = suite_create("bus/consumer");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 60);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
