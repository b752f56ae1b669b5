#include "http/gate.h"

#include <string.h>

#include "support.h"

#define GOOD                                                                                                 \
        { .verb = "POST", .target = "/api/v1/orders?a=1", .version = "HTTP/1.1" }

static const HttpPair host = { "Host", "localhost" };

/* The good request with these headers beside its Host. */
static int check_headers(const HttpPair *headers, size_t n) {
        HttpPair all[HTTP_MAX_HEADERS + 2] = { host };
        GateHead head = GOOD;
        const char *problem;

        for (size_t i = 0; i < n; i++)
                all[i + 1] = headers[i];
        head.headers = all;
        head.n_headers = n + 1;
        return gate_check(&head, &problem);
}

#define CHECK_HEADERS(...)                                                                                   \
        check_headers((HttpPair[]) { __VA_ARGS__ }, sizeof((HttpPair[]) { __VA_ARGS__ }) / sizeof(HttpPair))

static int check_line(const char *verb, const char *target, const char *version) {
        GateHead head = {
                .verb = verb, .target = target, .version = version, .headers = &host, .n_headers = 1
        };
        const char *problem;

        return gate_check(&head, &problem);
}

START_TEST(lets_ordinary_requests_pass) {
        ck_assert_int_eq(check_line("GET", "/", "HTTP/1.1"), 0);
        ck_assert_int_eq(check_line("GET", "/a%20b?c=%C3%BC&d", "HTTP/1.0"), 0);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "65536" }, { "Accept", "a,\tb;q=0.5" }), 0);
        ck_assert_int_eq(CHECK_HEADERS({ "Transfer-Encoding", "Chunked" }), 0);
}
END_TEST

START_TEST(refuses_a_length_that_two_readers_could_read_differently) {
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "4" }, { "content-length", "4" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "4" }, { "Content-Length", "40" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "4" }, { "Transfer-Encoding", "chunked" }), 400);
        ck_assert_int_eq(
                CHECK_HEADERS({ "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Transfer-Encoding", "xchunked" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Transfer-Encoding", "gzip, chunked" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Transfer-Encoding", "identity" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "+4" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "4, 4" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "" }), 400);
}
END_TEST

START_TEST(refuses_a_body_over_the_limit_by_its_length_alone) {
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "65537" }), 413);
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length", "99999999999999999999" }), 413);
}
END_TEST

START_TEST(refuses_malformed_headers) {
        ck_assert_int_eq(CHECK_HEADERS({ "Content-Length ", "4" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "X-Folded continued", "value" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "X\x01", "value" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "", "value" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "X-Bare", "a\rb" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "X-Control", "a\x0b" }), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "X-Delete", "a\x7f" }), 400);
}
END_TEST

START_TEST(wants_exactly_one_host) {
        GateHead head = GOOD;
        const char *problem;

        ck_assert_int_eq(gate_check(&head, &problem), 400);
        ck_assert_int_eq(CHECK_HEADERS({ "host", "other" }), 400);
        head.version = "HTTP/1.0";
        ck_assert_int_eq(gate_check(&head, &problem), 0);
}
END_TEST

START_TEST(counts_headers_up_to_the_limit) {
        HttpPair many[HTTP_MAX_HEADERS];

        for (size_t i = 0; i < HTTP_MAX_HEADERS; i++)
                many[i] = (HttpPair) { "X-Many", "1" };
        ck_assert_int_eq(check_headers(many, HTTP_MAX_HEADERS - 1), 0);
        ck_assert_int_eq(check_headers(many, HTTP_MAX_HEADERS), 431);
}
END_TEST

START_TEST(refuses_other_versions_and_malformed_lines) {
        ck_assert_int_eq(check_line("GET", "/", "HTTP/1.2"), 400);
        ck_assert_int_eq(check_line("GET", "/", ""), 400);
        ck_assert_int_eq(check_line("G T", "/", "HTTP/1.1"), 400);
        ck_assert_int_eq(check_line("GET", "http://other/", "HTTP/1.1"), 400);
        ck_assert_int_eq(check_line("OPTIONS", "*", "HTTP/1.1"), 400);
        ck_assert_int_eq(check_line("GET", "/a b", "HTTP/1.1"), 400);
        ck_assert_int_eq(check_line("GET", "/a#b", "HTTP/1.1"), 400);
        ck_assert_int_eq(check_line("GET", "/\xC3\xBC", "HTTP/1.1"), 400);
}
END_TEST

START_TEST(limits_the_target) {
        static char target[HTTP_MAX_URI_BYTES + 2];

        memset(target, 'a', HTTP_MAX_URI_BYTES);
        target[0] = '/';
        ck_assert_int_eq(check_line("GET", target, "HTTP/1.1"), 0);
        target[HTTP_MAX_URI_BYTES] = 'a';
        ck_assert_int_eq(check_line("GET", target, "HTTP/1.1"), 414);
}
END_TEST

START_TEST(knows_chunks_only_since_http_1_1) {
        HttpPair encoding = { "Transfer-Encoding", "chunked" };
        GateHead head = {
                .verb = "POST", .target = "/", .version = "HTTP/1.0", .headers = &encoding, .n_headers = 1
        };
        const char *problem;

        ck_assert_int_eq(gate_check(&head, &problem), 400);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("gate");
        TCase *tests = tcase_create("gate");

        tcase_add_test(tests, lets_ordinary_requests_pass);
        tcase_add_test(tests, refuses_a_length_that_two_readers_could_read_differently);
        tcase_add_test(tests, refuses_a_body_over_the_limit_by_its_length_alone);
        tcase_add_test(tests, refuses_malformed_headers);
        tcase_add_test(tests, wants_exactly_one_host);
        tcase_add_test(tests, counts_headers_up_to_the_limit);
        tcase_add_test(tests, refuses_other_versions_and_malformed_lines);
        tcase_add_test(tests, limits_the_target);
        tcase_add_test(tests, knows_chunks_only_since_http_1_1);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
