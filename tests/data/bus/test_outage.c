#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus_fixture.h"

/* A message that is lost with its server is published again after that. */
#define TRY_TIMEOUT_MS 2000

static bool can_publish(void *arg) {
        BusMessage message = new_message(test_ctx()->arena, "probe", 1);

        return bus_publish(arg, test_ctx(), &message, 1, TRY_TIMEOUT_MS) == NULL;
}

TEST(publishing_says_unavailable_while_the_server_is_away_and_works_after) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        BusMessage *messages = new_messages(ctx->arena, "A", 10, 1);

        ck_assert_ok(bus_publish(publisher, ctx, messages, 10, PUBLISH_TIMEOUT_MS));
        nats_server_kill(server);
        messages = new_messages(ctx->arena, "B", 10, 1);
        int64_t start_us = clock_monotonic_us();
        ck_assert_reason(bus_publish(publisher, ctx, messages, 10, PUBLISH_TIMEOUT_MS), REASON_UNAVAILABLE);
        ck_assert_int_lt(clock_monotonic_us() - start_us, PUBLISH_TIMEOUT_MS * 1000 / 2);
        for (int i = 0; i < 10; i++) {
                ck_assert(!messages[i].is_stored && !messages[i].is_refused);
                ck_assert_ptr_nonnull(messages[i].problem);
        }
        ck_assert(!bus_is_ready(bus));
        nats_server_start(server);
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready again");
        ck_assert_ok(bus_publish(publisher, ctx, messages, 10, PUBLISH_TIMEOUT_MS));
        ck_assert_uint_eq(nats_server_count_messages(server, BUS_STREAM), 20);
        bus_publisher_free(publisher);
        bus_free(bus);
}

TEST(a_consumer_resumes_after_the_server_was_killed) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        Memory *memory = new_memory(10);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 100);

        ck_assert_ok(
                bus_publish(publisher, ctx, new_messages(ctx->arena, "A", 10, 1), 10, PUBLISH_TIMEOUT_MS));
        test_wait_until(memory_is_full, memory, WAIT_MS, "the first ten have come");
        nats_server_kill(server);
        nats_server_start(server);
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready again");
        memory->n_wanted = 20;
        ck_assert_ok(
                bus_publish(publisher, ctx, new_messages(ctx->arena, "B", 10, 1), 10, PUBLISH_TIMEOUT_MS));
        test_wait_until(memory_is_full, memory, WAIT_MS, "the second ten have come");
        bus_consumer_free(consumer);
        bus_publisher_free(publisher);
        bus_free(bus);
}

static bool has_seen_probe(void *arg) {
        Memory *memory = arg;
        bool result = false;

        pthread_mutex_lock(&memory->mutex);
        for (size_t i = 0; i < memory->n_seen; i++)
                result = result || strcmp(memory->seen[i].aggregate, "probe") == 0;
        pthread_mutex_unlock(&memory->mutex);
        return result;
}

TEST(stream_and_durable_are_made_again_when_the_server_lost_its_store) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Ctx *ctx = test_ctx();
        Memory *memory = new_memory(10);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 100);
        BusStreamState before, after;

        ck_assert_ok(
                bus_publish(publisher, ctx, new_messages(ctx->arena, "A", 10, 1), 10, PUBLISH_TIMEOUT_MS));
        test_wait_until(memory_is_full, memory, WAIT_MS, "the first ten have come");
        ck_assert_ok(bus_stream_state(bus, ctx, &before));
        ck_assert_int_eq(before.last_sequence, 10);
        nats_server_kill(server);
        ck_assert_reason(bus_stream_state(bus, ctx, &after), REASON_UNAVAILABLE);
        nats_server_wipe(server);
        nats_server_start(server);
        test_wait_until(can_publish, publisher, WAIT_MS, "the stream is there again");
        test_wait_until(has_seen_probe, memory, WAIT_MS, "the new durable delivers");
        ck_assert_ok(bus_stream_state(bus, ctx, &after));
        ck_assert_int_gt(after.created_us, before.created_us);
        ck_assert_int_eq(after.last_sequence, 1);
        bus_consumer_free(consumer);
        bus_publisher_free(publisher);
        bus_free(bus);
}

TEST(a_deleted_stream_is_made_again) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);

        ck_assert_int_eq(js_DeleteStream(nats_server_jetstream(server), BUS_STREAM, NULL, NULL), NATS_OK);
        test_wait_until(can_publish, publisher, WAIT_MS, "the stream is there again");
        bus_publisher_free(publisher);
        bus_free(bus);
}

/* nats.c gives a connection up for good after the same authentication error twice. */
TEST(a_server_that_refused_the_password_for_a_while_does_not_end_the_bus) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        Memory *memory = new_memory(1);
        BusConsumer *consumer = new_consumer(bus, "orders", memory, 100);

        test_wait_until(is_bound, consumer, WAIT_MS, "it is bound");
        nats_server_kill(server);
        nats_server_start_refusing(server);
        nats_server_wait_for_refusals(server, 4);
        nats_server_kill(server);
        nats_server_start(server);
        test_wait_until(can_publish, publisher, WAIT_MS, "the bus is back");
        test_wait_until(memory_is_full, memory, WAIT_MS, "the consumer is back");
        bus_consumer_free(consumer);
        bus_publisher_free(publisher);
        bus_free(bus);
}

TEST(a_password_that_was_changed_is_read_from_its_file) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);

        nats_server_kill(server);
        nats_server_start_refusing(server);
        nats_server_wait_for_refusals(server, 2);
        nats_server_write_password(server, NATS_TEST_OTHER_PASSWORD);
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is back with the new password");
        bus_free(bus);
}

TEST(settings_of_an_existing_stream_are_brought_up_to_date_and_the_rest_is_left_alone) {
        NatsServer *server = nats_server_new();
        jsCtx *js = nats_server_jetstream(server);
        const char *subjects[] = { "events.old.>" };
        jsStreamConfig config;
        jsStreamInfo *info;

        jsStreamConfig_Init(&config);
        config.Name = BUS_STREAM;
        config.Subjects = subjects;
        config.SubjectsLen = 1;
        config.MaxMsgSize = 12345;
        ck_assert_int_eq(js_AddStream(NULL, js, &config, NULL, NULL), NATS_OK);
        Bus *bus = new_ready_bus(server);
        ck_assert_int_eq(js_GetStreamInfo(&info, js, BUS_STREAM, NULL, NULL), NATS_OK);
        ck_assert_str_eq(info->Config->Subjects[0], BUS_SUBJECTS);
        ck_assert_int_eq(info->Config->MaxAge, BUS_RETENTION_HOURS * 3600 * 1000 * 1000000);
        ck_assert_int_eq(info->Config->MaxBytes, TEST_STREAM_MAX_BYTES);
        ck_assert_int_eq(info->Config->Duplicates, BUS_DEDUPE_WINDOW_MS * 1000000);
        ck_assert_int_eq(info->Config->MaxMsgSize, 12345);
        jsStreamInfo_Destroy(info);
        bus_free(bus);
}

TEST(a_bus_that_never_connected_ends_at_once) {
        NatsServer *server = nats_server_new();

        nats_server_kill(server);
        Bus *bus = bus_on(server);
        BusPublisher *publisher = bus_publisher_new(bus);
        ck_assert(!can_publish(publisher));
        bus_publisher_free(publisher);
        bus_free(bus);
}

/* A server that takes connections and answers pings, and whose JetStream never says a word. */
typedef struct Mute {
        int listener;
        int port;
        pthread_t thread;
} Mute;

#define MAX_PEERS 16

static bool answer_pings(int peer) {
        char bytes[4096];
        ssize_t n = recv(peer, bytes, sizeof(bytes) - 1, 0);

        if (n <= 0)
                return false;
        bytes[n] = '\0';
        for (const char *at = bytes; (at = strstr(at, "PING\r\n")); at += strlen("PING\r\n"))
                (void) !send(peer, "PONG\r\n", strlen("PONG\r\n"), MSG_NOSIGNAL);
        return true;
}

static void *be_mute(void *arg) {
        static const char info[] = "INFO {\"server_id\":\"M\",\"version\":\"2.9.10\",\"proto\":1,"
                                   "\"headers\":true,\"max_payload\":1048576,\"jetstream\":true}\r\n";
        struct pollfd fds[MAX_PEERS] = { { .fd = ((Mute *) arg)->listener, .events = POLLIN } };
        nfds_t n = 1;

        while (poll(fds, n, -1) > 0) {
                if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
                        break;
                if (fds[0].revents & POLLIN && n < MAX_PEERS) {
                        int peer = accept(fds[0].fd, NULL, NULL);
                        if (peer < 0)
                                break;
                        (void) !send(peer, info, strlen(info), MSG_NOSIGNAL);
                        fds[n++] = (struct pollfd) { .fd = peer, .events = POLLIN };
                }
                for (nfds_t i = n; i-- > 1;)
                        if (fds[i].revents && !answer_pings(fds[i].fd)) {
                                close(fds[i].fd);
                                fds[i] = fds[--n];
                        }
        }
        for (nfds_t i = 1; i < n; i++)
                close(fds[i].fd);
        return NULL;
}

static void mute_start(Mute *mute) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(address);

        mute->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        ck_assert_int_eq(bind(mute->listener, (struct sockaddr *) &address, size), 0);
        ck_assert_int_eq(listen(mute->listener, MAX_PEERS), 0);
        ck_assert_int_eq(getsockname(mute->listener, (struct sockaddr *) &address, &size), 0);
        mute->port = ntohs(address.sin_port);
        ck_assert_int_eq(pthread_create(&mute->thread, NULL, be_mute, mute), 0);
}

static bool is_stalled(void *bus) {
        return bus_is_stalled(bus);
}

TEST(a_jetstream_that_is_silent_for_long_while_its_server_answers_has_stalled) {
        Mute mute;

        mute_start(&mute);
        Bus *bus = bus_new(&(BusConfig) {
                .url = arena_printf(test_ctx()->arena, "nats://127.0.0.1:%d", mute.port),
                .user = NATS_TEST_USER,
                .password_file = nats_server_password_file(nats_server_new()),
                .name = "test",
                .keeps_stream = true,
                .stream_max_bytes = TEST_STREAM_MAX_BYTES,
        });
        ck_assert(!bus_is_stalled(bus));
        test_wait_until(is_stalled, bus, BUS_STALL_MS + WAIT_MS, "the bus has stalled");
        bus_free(bus);
        shutdown(mute.listener, SHUT_RDWR);
        pthread_join(mute.thread, NULL);
        close(mute.listener);
}

TEST(a_server_that_is_away_has_not_stalled) {
        NatsServer *server = nats_server_new();
        Bus *bus = new_ready_bus(server);

        nats_server_kill(server);
        ck_assert(!bus_is_stalled(bus));
        nats_server_start(server);
        test_wait_until(bus_is_up, bus, WAIT_MS, "the bus is ready again");
        ck_assert(!bus_is_stalled(bus));
        bus_free(bus);
}

int main(void) {
        Suite *suite = suite_create("bus/outage");
        TCase *tcase = tcase_create("all");

        tcase_set_timeout(tcase, 60);
        test_add(tcase);
        suite_add_tcase(suite, tcase);
        return test_main(suite);
}
