#include "http/head_private.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

#define GET "GET / HTTP/1.1\r\nHost: shop.example\r\n"
#define POST "POST /api/v1/orders?a=1 HTTP/1.1\r\nHost: shop.example\r\n"

static HttpRequest request;

/* What becomes of a whole head that the parser takes. */
static HeadTerms judge(const char *text) {
        Head head = { 0 };
        Parser parser = { 0 };
        ParserEvent event;

        request = (HttpRequest) { .arena = test_ctx()->arena };
        while ((event = http_parser_next(&parser, text, strlen(text))).kind != PARSER_END) {
                ck_assert_msg(event.kind != PARSER_REFUSED && event.kind != PARSER_MORE, "%s", text);
                http_head_note(&head, &event);
        }
        return http_head_finish(&head, text, parser.at, &request);
}

static void assert_status(int status, const char *text) {
        HeadTerms terms = judge(text);

        ck_assert_msg(terms.status == status, "%d instead of %d for %s", terms.status, status, text);
        ck_assert(terms.status == 0 || (terms.closes && terms.problem));
}

/* The status of a GET for a target at shop.example. */
static void assert_target(int status, const char *target) {
        assert_status(status, arena_printf(test_ctx()->arena, "GET %s HTTP/1.1\r\nHost: shop.example\r\n\r\n",
                                           target));
}

TEST(fills_in_the_request) {
        HeadTerms terms = judge(POST "Content-Length: 12\r\nX-Empty:\r\n\r\n");

        ck_assert_int_eq(terms.status, 0);
        ck_assert_uint_eq(terms.n_body_bytes, 12);
        ck_assert(!terms.closes && !terms.expects_continue);
        ck_assert_str_eq(request.verb, "POST");
        ck_assert_str_eq(request.path, "/api/v1/orders");
        ck_assert_uint_eq(request.n_query, 1);
        ck_assert_str_eq(request.query[0].value, "1");
        ck_assert_uint_eq(request.n_headers, 3);
        ck_assert_str_eq(http_request_header(&request, "HOST"), "shop.example");
        ck_assert_str_eq(http_request_header(&request, "x-empty"), "");
        ck_assert_ptr_null(http_request_header(&request, "X"));
}

TEST(refuses_a_length_that_two_readers_could_read_differently) {
        static const char *const lengths[] = { "", "+2", "-2", "2x", "0x2", "2 2", "2,2", "1e1", "2;a" };

        assert_status(400, POST "Content-Length: 2\r\nContent-Length: 2\r\n\r\n");
        assert_status(400, POST "content-length: 2\r\nCONTENT-LENGTH: 3\r\n\r\n");
        assert_status(400, POST "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert_status(400, POST "Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n");
        for (size_t i = 0; i < ARRAY_SIZE(lengths); i++)
                assert_status(400,
                              arena_printf(test_ctx()->arena, POST "Content-Length: %s\r\n\r\n", lengths[i]));
}

TEST(takes_no_transfer_encoding) {
        assert_status(411, POST "Transfer-Encoding: chunked\r\n\r\n");
        assert_status(411, POST "transfer-encoding: xchunked\r\n\r\n");
        assert_status(411, POST "Transfer-Encoding:\r\n\r\n");
        assert_status(411, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(takes_a_length_up_to_the_limit_and_not_a_byte_more) {
        ck_assert_uint_eq(judge(POST "Content-Length: 65536\r\n\r\n").n_body_bytes, HTTP_MAX_BODY_BYTES);
        ck_assert_uint_eq(judge(POST "Content-Length: 00000000000000000000000000007\r\n\r\n").n_body_bytes,
                          7);
        assert_status(413, POST "Content-Length: 65537\r\n\r\n");
        assert_status(413, POST "Content-Length: 99999999999999999999999999\r\n\r\n");
        assert_status(413, POST "Content-Length: 18446744073709551617\r\n\r\n");
}

TEST(wants_exactly_one_host) {
        assert_status(400, "GET / HTTP/1.1\r\n\r\n");
        assert_status(400, GET "Host: shop.example\r\n\r\n");
        assert_status(400, "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n");
        assert_status(0, "GET / HTTP/1.0\r\n\r\n");
}

TEST(wants_a_host_that_is_one) {
        static const char
                *const good[] = { "a", "A-b_c.example", "127.0.0.1:8080", "[::1]", "[::1]:80", "a:" },
                       *const bad[] = { "",    ":80",  "a b", "a,b", "a/b",    "a@b",  "a:b",   "a:80x",
                                        "a?b", "[::1", "[]",  "::1", "[::1]a", "a\tb", "\"a\"", "a\\b" };

        for (size_t i = 0; i < ARRAY_SIZE(good); i++)
                assert_status(0,
                              arena_printf(test_ctx()->arena, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", good[i]));
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_status(400,
                              arena_printf(test_ctx()->arena, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", bad[i]));
}

TEST(takes_what_has_one_value_only_once) {
        static const char *const once[] = { "Authorization", "content-type", "IDEMPOTENCY-KEY", "Origin",
                                            "X-Request-Id",  "Expect",       "traceparent",     "Cookie" };

        for (size_t i = 0; i < ARRAY_SIZE(once); i++)
                assert_status(400, arena_printf(test_ctx()->arena, GET "%s: a\r\nX: 1\r\n%s: a\r\n\r\n",
                                                once[i], once[i]));
        assert_status(0, GET "Accept: a\r\nAccept: b\r\nX-Forwarded-For: c\r\nX-Forwarded-For: d\r\n\r\n");
}

TEST(answers_one_expectation) {
        ck_assert(judge(POST "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n").expects_continue);
        assert_status(417, POST "Expect: 200-ok\r\n\r\n");
        assert_status(417, POST "Expect:\r\n\r\n");
        ck_assert(!judge("POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").expects_continue);
}

TEST(knows_who_wants_to_close) {
        ck_assert(judge("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").closes);
        ck_assert(judge(GET "Connection: close\r\n\r\n").closes);
        ck_assert(judge(GET "connection: keep-alive,\tClose ,x\r\n\r\n").closes);
        ck_assert(judge(GET "Connection: a\r\nConnection: close\r\n\r\n").closes);
        ck_assert(!judge(GET "Connection: keep-alive, closed, enclose\r\n\r\n").closes);
        ck_assert(!judge(GET "\r\n").closes);
}

TEST(takes_an_absolute_target_only_at_the_host) {
        ck_assert_int_eq(judge("GET http://Shop.example/a?b=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n").status,
                         0);
        ck_assert_str_eq(request.path, "/a");
        ck_assert_uint_eq(request.n_query, 1);
        ck_assert_int_eq(judge("GET HTTPS://shop.example HTTP/1.1\r\nHost: shop.example\r\n\r\n").status, 0);
        ck_assert_str_eq(request.path, "/");
        assert_target(400, "http://other/");
        assert_target(400, "http://shop.example:80/");
        assert_target(400, "http://shop.example.evil/");
        assert_target(400, "http://a@shop.example/");
        assert_target(400, "http://shop.exampl/");
        assert_target(400, "http:/shop.example/");
        assert_target(400, "ftp://shop.example/");
        assert_target(400, "shop.example:443");
        assert_target(400, "*");
        assert_status(400, "GET http://a/ HTTP/1.0\r\n\r\n");
}

TEST(takes_brackets_in_a_host_alone) {
        static const char *const bad[] = { "/[", "/a]", "/a?b[]=c", "/a?b=]", "http://shop.example/[" };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_target(400, bad[i]);
        assert_target(0, "/-._~!$&'()*+,;=:@/?/?-._~!$'()*+,;=:@");
        assert_status(0, "GET http://[::1]:80/a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
}

TEST(refuses_a_path_that_means_another_one) {
        static const char *const bad[] = { "/a%00b", "/a%2Fb",    "/a%2fb",   "/..",    "/a/../b", "/a/.",
                                           "/./a",   "/%2e%2E/a", "/a/%2e",   "/.%2e/", "/%zz",    "/a%",
                                           "/%ff",   "/a?b=%00",  "/a?b=%ff", "/a?=1" };
        static const char *const good[] = { "/",       "//",     "/a//b/",  "/...",
                                            "/.a/b..", "/a%20b", "/%C3%BC", "/a?b=../%2F" };

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                assert_target(400, bad[i]);
        for (size_t i = 0; i < ARRAY_SIZE(good); i++)
                assert_target(0, good[i]);
}

int main(void) {
        Suite *suite = suite_create("http head");
        TCase *tests = tcase_create("http head");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
