#include "server_fixture.h"

#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define MILLION 1000000

static void set_up(void) {
        server_fixture_start(2, 4, 1024);
}

/* The request is refused with the status, and the handler never hears of it. */
static void assert_refused(int status, const char *text) {
        int n_before = atomic_load(&http.n_calls);
        HttpReply reply = http_peer_ask(http.port, text);

        ck_assert_msg(reply.status == status, "%d instead of %d for %.300s", reply.status, status, text);
        ck_assert_int_eq(atomic_load(&http.n_calls), n_before);
}

static void assert_taken(const char *text) {
        ck_assert_int_eq(http_peer_ask(http.port, text).status, 200);
}

static const char *repeated(const char *piece, size_t n) {
        StrBuf text = { .arena = http.arena };

        for (size_t i = 0; i < n; i++)
                strbuf_add(&text, piece);
        return strbuf_text(&text);
}

TEST(keeps_a_connection_alive_over_several_requests) {
        int fd = http_peer_connect(http.port);

        for (int i = 0; i < 3; i++) {
                http_peer_say(fd,
                              "GET /a%20b/c?x=1&y=a+b HTTP/1.1\r\nHost:a\r\nX-Empty:\r\nX-One:  \t1\r\n\r\n");
                HttpReply reply = http_peer_read(fd);

                ck_assert_int_eq(reply.status, 200);
                ck_assert_str_eq(reply.body, "GET /a%20b/c x=1 y=a b one:1 []");
                ck_assert_str_eq(http_reply_header(&reply, "X-Client"), "127.0.0.1");
                ck_assert_str_eq(http_reply_header(&reply, "Content-Type"), "text/plain");
        }
        close(fd);
}

TEST(answers_requests_that_were_sent_together_in_their_order) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" POST_HEAD "Content-Length: 2\r\n\r\nhi" GET);
        ck_assert_str_eq(http_peer_read(fd).body, "GET /1 []");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hi]");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /echo []");
        close(fd);
}

TEST(collects_a_body_that_comes_in_pieces) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, POST_HEAD "Content-Length: 10\r\n\r\nhello");
        http_peer_say(fd, "world");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [helloworld]");
        close(fd);
}

TEST(refuses_a_head_request_without_a_body) {
        static const char *const heads[] = { "Host: a\r\nX Y: 1\r\n\r\n", "Host: a\r\nHost: a\r\n\r\n" };

        for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
                int fd = http_peer_connect(http.port);

                http_peer_say(fd, "HEAD /echo HTTP/1.1\r\n");
                http_peer_say(fd, heads[i]);
                ck_assert_int_eq(http_peer_read_head(fd).status, 400);
                ck_assert(http_peer_is_closed(fd));
                close(fd);
        }
}

TEST(refuses_what_smells_of_request_smuggling) {
        assert_refused(400, POST_HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc");
        assert_refused(400, POST_HEAD "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        assert_refused(411, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
        assert_refused(400, POST_HEAD "Host: b\r\n\r\n");
        assert_refused(400, POST_HEAD "Content-Length : 2\r\n\r\nab");
        assert_refused(400, POST_HEAD "Content-Len: 2\r\n gth\r\n\r\nab");
        assert_refused(400, POST_HEAD "X-One: a\nX-Two: b\r\n\r\n");
        assert_refused(400, POST_HEAD ": nameless\r\n\r\n");
        assert_refused(400, POST_HEAD "Content-Length: -2\r\n\r\nab");
        assert_refused(400, "GET / HTTP/1.1\r\n\r\n");
        assert_refused(400, "GET / HTTP/1.1\nHost: a\n\n");
        assert_refused(505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n");
        assert_refused(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        assert_refused(400, "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a%00b HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(400, "GET /a?b=%ff HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_refused(417, POST_HEAD "Expect: miracles\r\nContent-Length: 2\r\n\r\nab");
}

/* Sends text, NULs and all; the answer's status. */
static int status_of_bytes(const char *text, size_t n_bytes) {
        int fd = http_peer_connect(http.port);

        http_peer_send(fd, text, n_bytes);
        int status = http_peer_read(fd).status;
        close(fd);
        return status;
}

TEST(a_nul_ends_nothing_in_silence) {
        static const char in_value[] = POST_HEAD "X-One: 1\0002\r\n\r\n",
                          in_target[] = "GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n",
                          in_length[] = POST_HEAD "Content-Length: 2\0003\r\n\r\nab";

        ck_assert_int_eq(status_of_bytes(in_value, sizeof(in_value) - 1), 400);
        ck_assert_int_eq(status_of_bytes(in_target, sizeof(in_target) - 1), 400);
        ck_assert_int_eq(status_of_bytes(in_length, sizeof(in_length) - 1), 400);
        ck_assert_int_eq(atomic_load(&http.n_calls), 0);
}

/* What is behind a framing error belongs to nobody. */
TEST(a_refusal_is_one_answer_and_closes_the_connection) {
        static const char *const bad[] = { POST_HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab" GET,
                                           POST_HEAD "Content-Length: x\r\n\r\n" GET, "\r\n" GET,
                                           "G\r\n\r\n" GET GET,
                                           POST_HEAD
                                           "Transfer-Encoding: chunked\r\n\r\n0\r\nX-T: 1\n\n" GET };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                int fd = http_peer_connect(http.port);

                http_peer_say(fd, bad[i]);
                HttpReply reply = http_peer_read(fd);
                ck_assert_int_ge(reply.status, 400);
                ck_assert_str_eq(http_reply_header(&reply, "Connection"), "close");
                ck_assert(http_peer_is_closed(fd));
                close(fd);
        }
        ck_assert_int_eq(atomic_load(&http.n_calls), 0);
}

TEST(takes_a_body_up_to_the_limit_and_not_a_byte_more) {
        const char *full = repeated("x", HTTP_MAX_BODY_BYTES);
        HttpReply reply =
                http_peer_ask(http.port, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n%s",
                                                      HTTP_MAX_BODY_BYTES, full));

        ck_assert_str_eq(reply.body, "POST /echo 65536 bytes");
        assert_refused(413, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n",
                                         HTTP_MAX_BODY_BYTES + 1));
}

TEST(a_client_that_sends_a_megabyte_still_reads_the_refusal) {
        assert_refused(413, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n%s", MILLION,
                                         repeated("x", MILLION)));
}

TEST(a_refused_client_can_finish_sending) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n", MILLION));
        ck_assert_int_eq(http_peer_read(fd).status, 413);
        ck_assert(http_peer_is_closed(fd));
        for (int i = 0; i < 100; i++)
                http_peer_say(fd, repeated("x", MILLION / 100));
        close(fd);
}

TEST(limits_the_line_the_query_and_the_headers) {
        const char *target = repeated("a", HTTP_MAX_LINE_BYTES - strlen("GET / HTTP/1.1\r\n"));
        const char *query = repeated("a=1&", HTTP_MAX_QUERY);
        const char *headers = repeated("X-One: 1\r\n", HTTP_MAX_HEADERS - 1);

        assert_taken(arena_printf(http.arena, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", target));
        assert_refused(414, arena_printf(http.arena, "GET /%sa HTTP/1.1\r\nHost: a\r\n\r\n", target));
        assert_refused(414, repeated("a", HTTP_MAX_LINE_BYTES));
        assert_taken(arena_printf(http.arena, "GET /?%s HTTP/1.1\r\nHost: a\r\n\r\n", query));
        assert_refused(400, arena_printf(http.arena, "GET /?%sb HTTP/1.1\r\nHost: a\r\n\r\n", query));
        assert_refused(
                400, arena_printf(http.arena, "GET /?%s HTTP/1.1\r\nHost: a\r\n\r\n", repeated("a=1&", 500)));
        assert_taken(arena_printf(http.arena, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", headers));
        assert_refused(431, arena_printf(http.arena, "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n%s\r\n", headers));
        assert_refused(431, arena_printf(http.arena, "GET / HTTP/1.1\r\nHost: a\r\nX: %s\r\n\r\n",
                                         repeated("a", HTTP_MAX_HEAD_BYTES)));
}

TEST(speaks_http_1_0) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET /old HTTP/1.0\r\n\r\n");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /old []");
        ck_assert(http_peer_is_closed(fd));
        close(fd);
}

TEST(answers_head_with_the_length_alone) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "HEAD /1 HTTP/1.1\r\nHost: a\r\n\r\n" GET);
        ck_assert_int_eq(http_peer_read_head(fd).status, 200);
        ck_assert_str_eq(http_peer_read(fd).body, "GET /echo []");
        close(fd);
}

TEST(tells_a_client_that_asks_to_send_its_body) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, POST_HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        ck_assert_str_eq(http_peer_read(fd).head, "HTTP/1.1 100 Continue\r\n\r\n");
        http_peer_say(fd, "hi");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hi]");
        http_peer_say(fd, POST_HEAD "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hi]");
        close(fd);
}

TEST(closes_when_the_client_wants_it) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" GET);
        HttpReply reply = http_peer_read(fd);
        ck_assert_str_eq(http_reply_header(&reply, "Connection"), "close");
        ck_assert(http_peer_is_closed(fd));
        ck_assert_int_eq(atomic_load(&http.n_calls), 1);
        close(fd);
}

int main(void) {
        Suite *suite = suite_create("http server");
        TCase *tests = tcase_create("http server");

        tcase_add_checked_fixture(tests, set_up, server_fixture_stop);
        tcase_set_timeout(tests, 30);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
