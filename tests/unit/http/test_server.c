#include "server_fixture.h"

#include <string.h>
#include <unistd.h>

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

static const char *repeated(const char *piece, size_t n) {
        StrBuf text = { .arena = http.arena };

        for (size_t i = 0; i < n; i++)
                strbuf_add(&text, piece);
        return strbuf_text(&text);
}

START_TEST(keeps_a_connection_alive_over_several_requests) {
        int fd = http_peer_connect(http.port);

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
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n" POST_HEAD "Content-Length: 2\r\n\r\nhi" GET);
        ck_assert_str_eq(http_peer_read(fd).body, "GET /1 []");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hi]");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /echo []");
        close(fd);
}
END_TEST

START_TEST(collects_a_body_that_comes_in_pieces) {
        int fd = http_peer_connect(http.port);

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
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, POST_HEAD "Content-Length: 2\r\nContent-Length: 3\r\n\r\nab" GET);
        ck_assert_int_eq(http_peer_read(fd).status, 400);
        ck_assert(http_peer_is_closed(fd));
        ck_assert_int_eq(atomic_load(&http.n_calls), 0);
        close(fd);
}
END_TEST

START_TEST(takes_a_body_up_to_the_limit_and_not_a_byte_more) {
        const char *full = repeated("x", HTTP_MAX_BODY_BYTES);
        HttpReply reply = http_peer_ask(
                http.port, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n%s",
                                        HTTP_MAX_BODY_BYTES, full));

        ck_assert_str_eq(reply.body, "POST /echo 65536 bytes");
        reply = http_peer_ask(
                http.port,
                arena_printf(http.arena, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
                             HTTP_MAX_BODY_BYTES, full));
        ck_assert_str_eq(reply.body, "POST /echo 65536 bytes");
        assert_refused(413, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n",
                                         HTTP_MAX_BODY_BYTES + 1));
        assert_refused(413, arena_printf(http.arena,
                                         POST_HEAD "Transfer-Encoding: chunked\r\n\r\n%x\r\nx%s\r\n0\r\n\r\n",
                                         HTTP_MAX_BODY_BYTES + 1, full));
}
END_TEST

START_TEST(a_client_that_sends_a_megabyte_still_reads_the_refusal) {
        const char *chunk = arena_printf(http.arena, "fa00\r\n%s\r\n", repeated("x", 0xfa00));

        assert_refused(413, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n%s", MILLION,
                                         repeated("x", MILLION)));
        assert_refused(413,
                       arena_printf(http.arena, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n%s0\r\n\r\n",
                                    repeated(chunk, 15)));
}
END_TEST

START_TEST(a_refused_client_can_finish_sending) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, arena_printf(http.arena, POST_HEAD "Content-Length: %d\r\n\r\n", MILLION));
        ck_assert_int_eq(http_peer_read(fd).status, 413);
        ck_assert(http_peer_is_closed(fd));
        for (int i = 0; i < 100; i++)
                http_peer_say(fd, repeated("x", MILLION / 100));
        close(fd);
}
END_TEST

START_TEST(cuts_a_chunked_body_that_never_ends) {
        int fd = http_peer_connect(http.port);
        const char *chunk = arena_printf(http.arena, "fa00\r\n%s\r\n", repeated("x", 0xfa00));

        http_peer_say(fd, POST_HEAD "Transfer-Encoding: chunked\r\n\r\n");
        http_peer_say(fd, repeated(chunk, 18));
        ck_assert_int_eq(http_peer_read(fd).status, 0);
        close(fd);
}
END_TEST

START_TEST(limits_the_target_and_the_headers) {
        const char *target = repeated("a", HTTP_MAX_URI_BYTES - 1);

        ck_assert_int_eq(
                http_peer_ask(http.port,
                              arena_printf(http.arena, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", target))
                        .status,
                200);
        assert_refused(414, arena_printf(http.arena, "GET /%sa HTTP/1.1\r\nHost: a\r\n\r\n", target));
        assert_refused(414,
                       arena_printf(http.arena, "GET /%s HTTP/1.1\r\nHost: a\r\n\r\n", repeated(target, 6)));
        const char *headers = repeated("X-One: 1\r\n", HTTP_MAX_HEADERS - 1);
        ck_assert_int_eq(
                http_peer_ask(http.port,
                              arena_printf(http.arena, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", headers))
                        .status,
                200);
        assert_refused(431,
                       arena_printf(http.arena, "GET / HTTP/1.1\r\nHost: a\r\nX-Two: 1\r\n%s\r\n", headers));
        assert_refused(431, arena_printf(http.arena, "GET / HTTP/1.1\r\nHost: a\r\nX-One: %s\r\n\r\n",
                                         repeated("a", HTTP_CONNECTION_MEMORY)));
}
END_TEST

START_TEST(speaks_http_1_0) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET /old HTTP/1.0\r\n\r\n");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /old []");
        ck_assert(http_peer_is_closed(fd));
        close(fd);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("http server");
        TCase *tests = tcase_create("http server");

        tcase_add_checked_fixture(tests, set_up, server_fixture_stop);
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
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
