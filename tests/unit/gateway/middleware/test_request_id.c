#include "middleware/request_id.h"

#include <string.h>

#include "base/str.h"
#include "support.h"

static HttpResponse response;

static Trace ask(const char *id, const char *traceparent) {
        HttpPair headers[2];
        HttpRequest request = { .arena = test_ctx()->arena, .headers = headers };

        if (id)
                headers[request.n_headers++] = (HttpPair) { "X-Request-Id", id };
        if (traceparent)
                headers[request.n_headers++] = (HttpPair) { "Traceparent", traceparent };
        response = (HttpResponse) { .arena = request.arena };
        return gateway_request_id(&request, &response);
}

TEST(keeps_a_sane_id_and_shows_it) {
        ck_assert_str_eq(ask("req-2024:1.a_B", NULL).request_id, "req-2024:1.a_B");
        ck_assert_str_eq(response.headers[0].name, "X-Request-Id");
        ck_assert_str_eq(response.headers[0].value, "req-2024:1.a_B");
}

TEST(makes_one_for_ids_that_are_not_sane) {
        char too_long[REQUEST_ID_MAX_BYTES + 2] = "";

        memset(too_long, 'a', REQUEST_ID_MAX_BYTES);
        ck_assert_str_eq(ask(too_long, NULL).request_id, too_long);
        too_long[REQUEST_ID_MAX_BYTES] = 'a';
        ck_assert_str_ne(ask(too_long, NULL).request_id, too_long);
        ck_assert_str_eq(ask("12345678", NULL).request_id, "12345678");
        ck_assert_uint_gt(strlen(ask("1234567", NULL).request_id), 7);
        ck_assert_str_ne(ask("a\"b,c d<e>", NULL).request_id, "a\"b,c d<e>");
        ck_assert_uint_ge(strlen(ask(NULL, NULL).request_id), REQUEST_ID_MIN_BYTES);
        ck_assert_str_ne(ask(NULL, NULL).request_id, ask(NULL, NULL).request_id);
}

TEST(goes_on_with_the_clients_trace_or_begins_one) {
        Trace trace = ask(NULL, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");

        ck_assert_str_eq(trace.trace_id, "4bf92f3577b34da6a3ce929d0e0e4736");
        trace = ask(NULL, "00-zz");
        ck_assert_uint_eq(strlen(trace.trace_id), 32);
        ck_assert_uint_eq(strlen(trace.span_id), 16);
}

int main(void) {
        Suite *suite = suite_create("request id");
        TCase *tests = tcase_create("request id");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
