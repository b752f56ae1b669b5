#include "server_fixture.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

static TestList tight_tests;
static TestList one_thread_tests;

#define N_CLIENTS 256
#define BURST 256 /* events that a mover takes from the kernel at once */

static void set_up(void) {
        server_fixture_start(2, 4, 1024);
}

static void set_up_tight(void) {
        server_fixture_start(2, 1, 1);
}

static void set_up_one_thread(void) {
        server_fixture_start(1, 4, 1024);
}

TEST(serves_256_connections_at_once) {
        int fds[N_CLIENTS];

        for (int i = 0; i < N_CLIENTS; i++)
                fds[i] = http_peer_connect(http.port);
        for (int round = 0; round < 3; round++) {
                for (int i = 0; i < N_CLIENTS; i++)
                        http_peer_say(fds[i],
                                      arena_printf(http.arena, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i));
                for (int i = 0; i < N_CLIENTS; i++)
                        ck_assert_str_eq(http_peer_read(fds[i]).body,
                                         arena_printf(http.arena, "GET /%d []", i));
        }
        for (int i = 0; i < N_CLIENTS; i++)
                close(fds[i]);
}

/* While the only thread is kept busy by a refusal, exactly as many requests arrive as it takes at once. */
TEST_OF(one_thread_tests, serves_a_burst_of_exactly_what_is_taken_at_once) {
        int busy = http_peer_connect(http.port), fds[BURST];

        for (int i = 0; i < BURST; i++) {
                fds[i] = http_peer_connect(http.port);
                http_peer_say(fds[i], GET);
                ck_assert_int_eq(http_peer_read(fds[i]).status, 200);
        }
        atomic_store(&http.holds_refusals, true);
        http_peer_say(busy, "GET / HTTP/1.1\r\n\r\n");
        sem_wait(&http.entered);
        for (int i = 0; i < BURST; i++)
                http_peer_say(fds[i], GET);
        sem_post(&http.let_go);
        ck_assert_int_eq(http_peer_read(busy).status, 400);
        for (int i = 0; i < BURST; i++)
                ck_assert_int_eq(http_peer_read(fds[i]).status, 200);
        close(busy);
        for (int i = 0; i < BURST; i++)
                close(fds[i]);
}

TEST_OF(tight_tests, refuses_at_once_when_the_queue_is_full) {
        int running = http_peer_connect(http.port), waiting = http_peer_connect(http.port);

        http_peer_say(running, HOLD);
        sem_wait(&http.entered);
        http_peer_say(waiting, GET);
        while (workers_queued(http.workers) < 1)
                continue;
        int refused = http_peer_connect(http.port);
        http_peer_say(refused, GET);
        HttpReply reply = http_peer_read(refused);
        ck_assert_int_eq(reply.status, 503);
        ck_assert_str_eq(http_reply_header(&reply, "Retry-After"), "1");
        sem_post(&http.let_go);
        ck_assert_int_eq(http_peer_read(running).status, 200);
        ck_assert_int_eq(http_peer_read(waiting).status, 200);
        http_peer_say(refused, GET); /* which is heard a second later */
        ck_assert_int_eq(http_peer_read(refused).status, 200);
        close(running);
        close(waiting);
        close(refused);
}

TEST(survives_clients_that_leave) {
        int in_body = http_peer_connect(http.port), in_call = http_peer_connect(http.port),
            in_head = http_peer_connect(http.port);

        http_peer_say(in_head, "GET / HTTP/1.1\r\nHo");
        http_peer_say(in_body, POST_HEAD "Content-Length: 10\r\n\r\nhello");
        http_peer_say(in_call, HOLD);
        sem_wait(&http.entered);
        close(in_head);
        close(in_body);
        close(in_call);
        sem_post(&http.let_go);
        ck_assert_int_eq(http_peer_ask(http.port, GET).status, 200);
}

TEST(a_drain_lets_calls_finish_and_closes_their_connections) {
        int fd = http_peer_connect(http.port), idle = http_peer_connect(http.port);

        http_peer_say(idle, GET);
        ck_assert_int_eq(http_peer_read(idle).status, 200);
        http_peer_say(fd, HOLD);
        sem_wait(&http.entered);
        http_server_drain(http.server);
        ck_assert(!http_peer_can_connect(http.port));
        sem_post(&http.let_go);
        HttpReply reply = http_peer_read(fd);
        ck_assert_int_eq(reply.status, 200);
        ck_assert_str_eq(http_reply_header(&reply, "Connection"), "close");
        ck_assert(http_peer_is_closed(fd));
        http_peer_say(idle, GET);
        reply = http_peer_read(idle);
        ck_assert_int_eq(reply.status, 200);
        ck_assert_str_eq(http_reply_header(&reply, "Connection"), "close");
        close(fd);
        close(idle);
}

static void *stop(void *timeout_ms) {
        http_server_stop(http.server, *(int64_t *) timeout_ms);
        http.server = NULL;
        return NULL;
}

static bool nobody_listens(void *arg) {
        (void) arg;
        return !http_peer_can_connect(http.port);
}

TEST(a_stop_waits_for_the_calls_in_flight) {
        int64_t timeout_ms = TEST_WAIT_MS;
        int fd = http_peer_connect(http.port);
        pthread_t thread;

        http_peer_say(fd, HOLD);
        sem_wait(&http.entered);
        pthread_create(&thread, NULL, stop, &timeout_ms);
        test_wait_until(nobody_listens, NULL, TEST_WAIT_MS, "the http.server takes no more connections");
        sem_post(&http.let_go);
        HttpReply reply = http_peer_read(fd);
        ck_assert_int_eq(reply.status, 200);
        ck_assert_str_eq(reply.body, "GET /hold []");
        pthread_join(thread, NULL);
        close(fd);
}

TEST(a_stop_gives_up_calls_that_take_too_long) {
        int64_t timeout_ms = 50;
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, HOLD);
        sem_wait(&http.entered);
        stop(&timeout_ms); /* the call ends only after it */
        ck_assert_int_eq(http_peer_read(fd).status, 503);
        ck_assert(http_peer_is_closed(fd));
        sem_post(&http.let_go);
        close(fd);
}

TEST(a_taken_port_is_a_clear_error) {
        HttpServer *second = NULL;

        http.config.port = http.port;
        const Error *error = http_server_start(http.arena, &http.config, &second);
        ck_assert_ptr_nonnull(error);
        ck_assert_int_ne(error->code, ERROR_UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(error->message,
                                     arena_printf(http.arena, "port %u: Address already in use", http.port)));
        ck_assert_ptr_null(second);
}

TEST(an_idle_connection_is_closed_after_its_time) {
        int64_t start_us = clock_monotonic_us();

        http.config.idle_timeout_ms = 1000;
        server_fixture_restart();
        int fd = http_peer_connect(http.port);
        ck_assert(http_peer_is_closed(fd));
        ck_assert_int_gt(clock_monotonic_us() - start_us, 900000);
        close(fd);
}

static bool is_cut(int fd) {
        char byte;

        return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* They would go on for ever: each byte starts the idle time anew. */
TEST(a_client_that_sends_too_slowly_is_cut) {
        static const char *const beginnings[] = { "GET /slow", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
                                                  POST_HEAD "Content-Length: 60000\r\n\r\n" };
        int n_before = atomic_load(&http.n_calls);

        http.config.head_timeout_ms = http.config.body_timeout_ms = 300;
        server_fixture_restart();
        for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
                int fd = http_peer_connect(http.port);

                http_peer_say(fd, beginnings[i]);
                while (!is_cut(fd)) {
                        send(fd, "x", 1, MSG_NOSIGNAL);
                        poll(NULL, 0, 10);
                }
                close(fd);
        }
        ck_assert_int_eq(atomic_load(&http.n_calls), n_before);
}

TEST(a_call_and_its_answer_may_take_longer_than_sending_it) {
        http.config.idle_timeout_ms = http.config.head_timeout_ms = http.config.body_timeout_ms = 1000;
        server_fixture_restart();
        int held = http_peer_connect(http.port);

        http_peer_say(held, HOLD);
        sem_wait(&http.entered);
        int other = http_peer_connect(http.port);
        ck_assert(http_peer_is_closed(other));
        sem_post(&http.let_go);
        ck_assert_int_eq(http_peer_read(held).status, 200);
        close(held);
        close(other);
}

int main(void) {
        Suite *suite = suite_create("http connections");
        TCase *tests = tcase_create("http connections"),
              *tight = tcase_create("one worker, one place in the queue"),
              *one_thread = tcase_create("one thread for all connections");

        tcase_add_checked_fixture(tests, set_up, server_fixture_stop);
        tcase_set_timeout(tests, 30);
        test_add(tests);
        suite_add_tcase(suite, tests);
        tcase_add_checked_fixture(tight, set_up_tight, server_fixture_stop);
        tcase_set_timeout(tight, 30);
        test_add_list(tight, tight_tests);
        suite_add_tcase(suite, tight);
        tcase_add_checked_fixture(one_thread, set_up_one_thread, server_fixture_stop);
        tcase_set_timeout(one_thread, 30);
        test_add_list(one_thread, one_thread_tests);
        suite_add_tcase(suite, one_thread);
        return test_main(suite);
}
