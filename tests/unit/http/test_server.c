#include "http/server.h"

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "http_peer.h"
#include "support.h"

#define GET "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST_HEAD "POST /echo HTTP/1.1\r\nHost: a\r\n"
#define HOLD "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"
#define N_CLIENTS 256
#define BURST 128 /* events that libmicrohttpd takes from the kernel at once */
#define MILLION 1000000

/* A server whose handler echoes the request, or waits on /hold until it is let go. */
static Arena *arena;
static Workers *workers;
static HttpServer *server;
static HttpServerConfig config;
static uint16_t port;
static atomic_int n_calls;
static atomic_bool holds_refusals;
static sem_t entered, let_go;

static void reply_with(HttpResponse *response, int status, const char *text) {
        response->status = status;
        response->content_type = "text/plain";
        response->body = (Bytes) { (const uint8_t *) text, strlen(text) };
}

static void handle(void *self, const HttpRequest *request, HttpResponse *response) {
        (void) self;
        StrBuf echo = { .arena = request->arena };

        atomic_fetch_add(&n_calls, 1);
        if (str_equal(request->path, "/hold")) {
                sem_post(&entered);
                sem_wait(&let_go);
        }
        strbuf_addf(&echo, "%s %s", request->verb, request->path);
        for (size_t i = 0; i < request->n_query; i++)
                strbuf_addf(&echo, " %s=%s", request->query[i].name, request->query[i].value);
        if (http_request_header(request, "x-one"))
                strbuf_addf(&echo, " one:%s", http_request_header(request, "x-one"));
        if (request->body.n_bytes > 100)
                strbuf_addf(&echo, " %zu bytes", request->body.n_bytes);
        else
                strbuf_addf(&echo, " [%.*s]", (int) request->body.n_bytes, (const char *) request->body.data);
        http_response_header(response, "X-Peer", request->peer);
        reply_with(response, 200, strbuf_text(&echo));
}

static void refuse(void *self, int status, const char *problem, HttpResponse *response) {
        (void) self;
        if (atomic_load(&holds_refusals)) {
                sem_post(&entered);
                sem_wait(&let_go);
        }
        if (status == 503)
                http_response_header(response, "Retry-After", "1");
        reply_with(response, status, problem);
}

static void start(size_t n_threads, size_t n_workers, size_t queue_limit) {
        arena = arena_new();
        workers = workers_new(n_workers, queue_limit);
        sem_init(&entered, 0, 0);
        sem_init(&let_go, 0, 0);
        config = (HttpServerConfig) {
                .address = "127.0.0.1",
                .n_threads = n_threads,
                .max_connections = 600,
                .idle_timeout_ms = 5000,
                .request_timeout_ms = 5000,
                .workers = workers,
                .handler = handle,
                .refuse = refuse,
        };
        ck_assert_ok(http_server_start(arena, &config, &server));
        port = http_server_port(server);
}

static void setup(void) {
        start(2, 4, 1024);
}

static void teardown(void) {
        http_server_stop(server, 5000);
        workers_free(workers);
        arena_free(arena);
}

/* The request is refused with the status, and the handler never hears of it. */
static void assert_refused(int status, const char *text) {
        int n_before = atomic_load(&n_calls);
        HttpReply reply = http_peer_ask(port, text);

        ck_assert_msg(reply.status == status, "%d instead of %d for %.300s", reply.status, status, text);
        ck_assert_int_eq(atomic_load(&n_calls), n_before);
}

static const char *repeated(const char *piece, size_t n) {
        StrBuf text = { .arena = arena };

        for (size_t i = 0; i < n; i++)
                strbuf_add(&text, piece);
        return strbuf_text(&text);
}

START_TEST(keeps_a_connection_alive_over_several_requests) {
        int fd = http_peer_connect(port);

        for (int i = 0; i < 3; i++) {
                http_peer_say(fd,
                              "GET /a%20b/c?x=1&y=a+b HTTP/1.1\r\nHost:a\r\nX-Empty:\r\nX-One:  \t1\r\n\r\n");
                HttpReply reply = http_peer_read(fd);

                ck_assert_int_eq(reply.status, 200);
                ck_assert_str_eq(reply.body, "GET /a%20b/c x=1 y=a b one:1 []");
                ck_assert_str_eq(http_reply_header(&reply, "X-Peer"), "127.0.0.1");
                ck_assert_str_eq(http_reply_header(&reply, "Content-Type"), "text/plain");
        }
        close(fd);
}
END_TEST

START_TEST(answers_requests_that_were_sent_together_in_their_order) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" POST_HEAD "Content-Length: 2\r\n\r\nhi" GET);
        ck_assert_str_eq(http_peer_read(fd).body, "GET /1 []");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hi]");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /echo []");
        close(fd);
}
END_TEST

START_TEST(collects_a_body_that_comes_in_pieces) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, POST_HEAD "Content-Length: 10\r\n\r\nhello");
        http_peer_say(fd, "world");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [helloworld]");
        http_peer_say(fd, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n5\r\nhel");
        http_peer_say(fd, "lo\r\n6;x=y\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hello world]");
        close(fd);
}
END_TEST

START_TEST(refuses_what_smells_of_request_smuggling) {
        assert_refused(400, POST_HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc");
        assert_refused(400, POST_HEAD "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab");
        assert_refused(400, POST_HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        assert_refused(400,
                       POST_HEAD "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        assert_refused(400, POST_HEAD "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
        assert_refused(400, POST_HEAD "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n");
        assert_refused(400, POST_HEAD "Host: b\r\n\r\n");
        assert_refused(400, POST_HEAD "Content-Length : 2\r\n\r\nab");
        assert_refused(400, POST_HEAD "X-One: 1\r\n folded\r\n\r\n");
        assert_refused(400, POST_HEAD "Content-Len: 2\r\n gth\r\n\r\nab");
        assert_refused(400, POST_HEAD "X-One: a\rb\r\n\r\n");
        assert_refused(400, POST_HEAD "X\x01Y: 1\r\n\r\n");
        assert_refused(400, POST_HEAD "Content-Length: 2x\r\n\r\nab");
        assert_refused(400, POST_HEAD "Content-Length: -2\r\n\r\nab");
        assert_refused(400, POST_HEAD "Transfer-Encoding: chunked\r\n\r\nzz\r\nab");
        assert_refused(400, "GET / HTTP/1.1\r\n\r\n");
        assert_refused(400, "GET / HTTP/1.2\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a?b=%00 HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a?b=%ff HTTP/1.1\r\nHost: a\r\n\r\n");
}
END_TEST

START_TEST(a_refusal_closes_the_connection) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, POST_HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab" GET);
        ck_assert_int_eq(http_peer_read(fd).status, 400);
        ck_assert(http_peer_is_closed(fd));
        ck_assert_int_eq(atomic_load(&n_calls), 0);
        close(fd);
}
END_TEST

START_TEST(takes_a_body_up_to_the_limit_and_not_a_byte_more) {
        const char *full = repeated("x", HTTP_MAX_BODY_BYTES);
        HttpReply reply = http_peer_ask(port, arena_printf(arena, POST_HEAD "Content-Length: %d\r\n\r\n%s",
                                                           HTTP_MAX_BODY_BYTES, full));

        ck_assert_str_eq(reply.body, "POST /echo 65536 bytes");
        reply = http_peer_ask(
                port, arena_printf(arena, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
                                   HTTP_MAX_BODY_BYTES, full));
        ck_assert_str_eq(reply.body, "POST /echo 65536 bytes");
        assert_refused(413,
                       arena_printf(arena, POST_HEAD "Content-Length: %d\r\n\r\n", HTTP_MAX_BODY_BYTES + 1));
        assert_refused(413, arena_printf(arena,
                                         POST_HEAD "Transfer-Encoding: chunked\r\n\r\n%x\r\nx%s\r\n0\r\n\r\n",
                                         HTTP_MAX_BODY_BYTES + 1, full));
}
END_TEST

START_TEST(a_client_that_sends_a_megabyte_still_reads_the_refusal) {
        const char *chunk = arena_printf(arena, "fa00\r\n%s\r\n", repeated("x", 0xfa00));

        assert_refused(413, arena_printf(arena, POST_HEAD "Content-Length: %d\r\n\r\n%s", MILLION,
                                         repeated("x", MILLION)));
        assert_refused(413, arena_printf(arena, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n",
                                         repeated(chunk, 15)));
}
END_TEST

START_TEST(a_refused_client_can_finish_sending) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, arena_printf(arena, POST_HEAD "Content-Length: %d\r\n\r\n", MILLION));
        ck_assert_int_eq(http_peer_read(fd).status, 413);
        ck_assert(http_peer_is_closed(fd));
        for (int i = 0; i < 100; i++)
                http_peer_say(fd, repeated("x", MILLION / 100));
        close(fd);
}
END_TEST

START_TEST(cuts_a_chunked_body_that_never_ends) {
        int fd = http_peer_connect(port);
        const char *chunk = arena_printf(arena, "fa00\r\n%s\r\n", repeated("x", 0xfa00));

        http_peer_say(fd, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n");
        http_peer_say(fd, repeated(chunk, 18));
        ck_assert_int_eq(http_peer_read(fd).status, 0);
        close(fd);
}
END_TEST

START_TEST(limits_the_target_and_the_headers) {
        const char *target = repeated("a", HTTP_MAX_URI_BYTES - 1);

        ck_assert_int_eq(
                http_peer_ask(port, arena_printf(arena, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", target))
                        .status,
                200);
        assert_refused(414, arena_printf(arena, "GET /%sa HTTP/1.1\r\nHost: a\r\n\r\n", target));
        assert_refused(414, arena_printf(arena, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", repeated(target, 6)));
        const char *headers = repeated("X-One: 1\r\n", HTTP_MAX_HEADERS - 1);
        ck_assert_int_eq(
                http_peer_ask(port, arena_printf(arena, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", headers))
                        .status,
                200);
        assert_refused(431, arena_printf(arena, "GET / HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\n%s\r\n", headers));
        assert_refused(431, arena_printf(arena, "GET / HTTP/1.1\r\nHost: a\r\nX-One: %s\r\n\r\n",
                                         repeated("a", HTTP_CONNECTION_MEMORY)));
}
END_TEST

START_TEST(speaks_http_1_0) {
        int fd = http_peer_connect(port);

        http_peer_say(fd, "GET /old HTTP/1.0\r\n\r\n");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /old []");
        ck_assert(http_peer_is_closed(fd));
        close(fd);
}
END_TEST

START_TEST(serves_256_connections_at_once) {
        int fds[N_CLIENTS];

        for (int i = 0; i < N_CLIENTS; i++)
                fds[i] = http_peer_connect(port);
        for (int round = 0; round < 3; round++) {
                for (int i = 0; i < N_CLIENTS; i++)
                        http_peer_say(fds[i], arena_printf(arena, "GET /%d HTTP/1.1\r\nHost: a\r\n\r\n", i));
                for (int i = 0; i < N_CLIENTS; i++)
                        ck_assert_str_eq(http_peer_read(fds[i]).body, arena_printf(arena, "GET /%d []", i));
        }
        for (int i = 0; i < N_CLIENTS; i++)
                close(fds[i]);
}
END_TEST

/* While the only thread is kept busy by a refusal, exactly as many requests arrive as it takes at once. */
START_TEST(serves_a_burst_of_exactly_what_is_taken_at_once) {
        int busy = http_peer_connect(port), fds[BURST];

        for (int i = 0; i < BURST; i++) {
                fds[i] = http_peer_connect(port);
                http_peer_say(fds[i], GET);
                ck_assert_int_eq(http_peer_read(fds[i]).status, 200);
        }
        atomic_store(&holds_refusals, true);
        http_peer_say(busy, "GET / HTTP/1.1\r\n\r\n");
        sem_wait(&entered);
        for (int i = 0; i < BURST; i++)
                http_peer_say(fds[i], GET);
        sem_post(&let_go);
        ck_assert_int_eq(http_peer_read(busy).status, 400);
        for (int i = 0; i < BURST; i++)
                ck_assert_int_eq(http_peer_read(fds[i]).status, 200);
        close(busy);
        for (int i = 0; i < BURST; i++)
                close(fds[i]);
}
END_TEST

START_TEST(refuses_at_once_when_the_queue_is_full) {
        int running = http_peer_connect(port), waiting = http_peer_connect(port);

        http_peer_say(running, HOLD);
        sem_wait(&entered);
        http_peer_say(waiting, GET);
        while (workers_queued(workers) < 1)
                continue;
        int refused = http_peer_connect(port);
        http_peer_say(refused, GET);
        HttpReply reply = http_peer_read(refused);
        ck_assert_int_eq(reply.status, 503);
        ck_assert_str_eq(http_reply_header(&reply, "Retry-After"), "1");
        sem_post(&let_go);
        ck_assert_int_eq(http_peer_read(running).status, 200);
        ck_assert_int_eq(http_peer_read(waiting).status, 200);
        http_peer_say(refused, GET);
        ck_assert_int_eq(http_peer_read(refused).status, 200);
        close(running);
        close(waiting);
        close(refused);
}
END_TEST

START_TEST(survives_clients_that_leave) {
        int in_body = http_peer_connect(port), in_call = http_peer_connect(port),
            in_head = http_peer_connect(port);

        http_peer_say(in_head, "GET / HTTP/1.1\r\nHo");
        http_peer_say(in_body, POST_HEAD "Content-Length: 10\r\n\r\nhello");
        http_peer_say(in_call, HOLD);
        sem_wait(&entered);
        close(in_head);
        close(in_body);
        close(in_call);
        sem_post(&let_go);
        ck_assert_int_eq(http_peer_ask(port, GET).status, 200);
}
END_TEST

START_TEST(a_drain_lets_calls_finish_and_closes_their_connections) {
        int fd = http_peer_connect(port), idle = http_peer_connect(port);

        http_peer_say(idle, GET);
        ck_assert_int_eq(http_peer_read(idle).status, 200);
        http_peer_say(fd, HOLD);
        sem_wait(&entered);
        http_server_drain(server);
        ck_assert(!http_peer_can_connect(port));
        sem_post(&let_go);
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
END_TEST

static void *stop(void *timeout_ms) {
        http_server_stop(server, *(int64_t *) timeout_ms);
        server = NULL;
        return NULL;
}

static bool nobody_listens(void *arg) {
        (void) arg;
        return !http_peer_can_connect(port);
}

START_TEST(a_stop_waits_for_the_calls_in_flight) {
        int64_t timeout_ms = 10000;
        int fd = http_peer_connect(port);
        pthread_t thread;

        http_peer_say(fd, HOLD);
        sem_wait(&entered);
        pthread_create(&thread, NULL, stop, &timeout_ms);
        test_wait_until(nobody_listens, NULL, 5000, "the server takes no more connections");
        sem_post(&let_go);
        HttpReply reply = http_peer_read(fd);
        ck_assert_int_eq(reply.status, 200);
        ck_assert_str_eq(reply.body, "GET /hold []");
        pthread_join(thread, NULL);
        close(fd);
}
END_TEST

START_TEST(a_stop_gives_up_calls_that_take_too_long) {
        int64_t timeout_ms = 50, start_us = clock_monotonic_us();
        int fd = http_peer_connect(port);

        http_peer_say(fd, HOLD);
        sem_wait(&entered);
        stop(&timeout_ms);
        ck_assert_int_lt(clock_monotonic_us() - start_us, 900000);
        ck_assert_int_eq(http_peer_read(fd).status, 503);
        ck_assert(http_peer_is_closed(fd));
        sem_post(&let_go);
        close(fd);
}
END_TEST

START_TEST(a_taken_port_is_a_clear_error) {
        HttpServer *second = NULL;

        config.port = port;
        const Error *error = http_server_start(arena, &config, &second);
        ck_assert_ptr_nonnull(error);
        ck_assert_int_ne(error->code, ERROR_UNAVAILABLE);
        ck_assert_ptr_nonnull(
                strstr(error->message, arena_printf(arena, "port %u: Address already in use", port)));
        ck_assert_ptr_null(second);
}
END_TEST

START_TEST(an_idle_connection_is_closed_after_its_time) {
        int64_t start_us = clock_monotonic_us();

        http_server_stop(server, 1000);
        config.idle_timeout_ms = 1000;
        ck_assert_ok(http_server_start(arena, &config, &server));
        int fd = http_peer_connect(http_server_port(server));
        ck_assert(http_peer_is_closed(fd));
        ck_assert_int_gt(clock_monotonic_us() - start_us, 900000);
        close(fd);
}
END_TEST

static bool is_cut(int fd) {
        char byte;

        return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

/* Both would go on for ever: each byte starts the idle time anew. */
START_TEST(a_client_that_sends_too_slowly_is_cut) {
        static const char *const beginnings[] = { "GET /slow", "GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ",
                                                  POST_HEAD "Content-Length: 60000\r\n\r\n" };
        int n_before = atomic_load(&n_calls);

        http_server_stop(server, 1000);
        config.request_timeout_ms = 300;
        ck_assert_ok(http_server_start(arena, &config, &server));
        for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
                int fd = http_peer_connect(http_server_port(server));

                http_peer_say(fd, beginnings[i]);
                while (!is_cut(fd)) {
                        send(fd, "x", 1, MSG_NOSIGNAL);
                        poll(NULL, 0, 10);
                }
                close(fd);
        }
        ck_assert_int_eq(atomic_load(&n_calls), n_before);
}
END_TEST

START_TEST(a_call_and_its_answer_may_take_longer_than_sending_it) {
        http_server_stop(server, 1000);
        config.request_timeout_ms = 100;
        ck_assert_ok(http_server_start(arena, &config, &server));
        int held = http_peer_connect(http_server_port(server));

        http_peer_say(held, HOLD);
        sem_wait(&entered);
        int other = http_peer_connect(http_server_port(server));
        ck_assert(http_peer_is_closed(other));
        sem_post(&let_go);
        ck_assert_int_eq(http_peer_read(held).status, 200);
        close(held);
        close(other);
}
END_TEST

static void setup_tight(void) {
        start(2, 1, 1);
}

static void setup_one_thread(void) {
        start(1, 4, 1024);
}

int main(void) {
        Suite *suite = suite_create("http server");
        TCase *tests = tcase_create("http server"),
              *tight = tcase_create("one worker, one place in the queue"),
              *one_thread = tcase_create("one thread for all connections");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_set_timeout(tests, 30);
        tcase_add_test(tests, keeps_a_connection_alive_over_several_requests);
        tcase_add_test(tests, answers_requests_that_were_sent_together_in_their_order);
        tcase_add_test(tests, collects_a_body_that_comes_in_pieces);
        tcase_add_test(tests, refuses_what_smells_of_request_smuggling);
        tcase_add_test(tests, a_refusal_closes_the_connection);
        tcase_add_test(tests, takes_a_body_up_to_the_limit_and_not_a_byte_more);
        tcase_add_test(tests, a_client_that_sends_a_megabyte_still_reads_the_refusal);
        tcase_add_test(tests, a_refused_client_can_finish_sending);
        tcase_add_test(tests, cuts_a_chunked_body_that_never_ends);
        tcase_add_test(tests, limits_the_target_and_the_headers);
        tcase_add_test(tests, speaks_http_1_0);
        tcase_add_test(tests, serves_256_connections_at_once);
        tcase_add_test(tests, survives_clients_that_leave);
        tcase_add_test(tests, a_drain_lets_calls_finish_and_closes_their_connections);
        tcase_add_test(tests, a_stop_waits_for_the_calls_in_flight);
        tcase_add_test(tests, a_stop_gives_up_calls_that_take_too_long);
        tcase_add_test(tests, a_taken_port_is_a_clear_error);
        tcase_add_test(tests, an_idle_connection_is_closed_after_its_time);
        tcase_add_test(tests, a_client_that_sends_too_slowly_is_cut);
        tcase_add_test(tests, a_call_and_its_answer_may_take_longer_than_sending_it);
        suite_add_tcase(suite, tests);
        tcase_add_checked_fixture(tight, setup_tight, teardown);
        tcase_set_timeout(tight, 30);
        tcase_add_test(tight, refuses_at_once_when_the_queue_is_full);
        suite_add_tcase(suite, tight);
        tcase_add_checked_fixture(one_thread, setup_one_thread, teardown);
        tcase_add_test(one_thread, serves_a_burst_of_exactly_what_is_taken_at_once);
        suite_add_tcase(suite, one_thread);
        return test_main(suite);
}
