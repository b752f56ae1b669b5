#include "middleware/cors.h"

#include "base/str.h"
#include "support.h"

static HttpResponse response;

static bool ask(const char *origins, const char *verb, const char *origin, bool asks_method) {
        HttpPair headers[2];
        HttpRequest request = { .arena = test_ctx()->arena, .verb = verb, .headers = headers };

        if (origin)
                headers[request.n_headers++] = (HttpPair) { "Origin", origin };
        if (asks_method)
                headers[request.n_headers++] = (HttpPair) { "Access-Control-Request-Method", "POST" };
        response = (HttpResponse) { .arena = request.arena };
        return gateway_cors(origins, &request, &response);
}

static const char *header(const char *name) {
        for (size_t i = 0; i < response.n_headers; i++)
                if (str_equal(response.headers[i].name, name))
                        return response.headers[i].value;
        return "";
}

TEST(leaves_requests_without_an_origin_alone) {
        ck_assert(!ask("*", "GET", NULL, false));
        ck_assert_uint_eq(response.n_headers, 0);
        ck_assert(!ask("*", "OPTIONS", NULL, true));
        ck_assert_uint_eq(response.n_headers, 0);
}

TEST(names_a_listed_origin_and_no_other) {
        const char *origins = "https://shop.example, https://admin.example";

        ck_assert(!ask(origins, "GET", "https://admin.example", false));
        ck_assert_str_eq(header("Access-Control-Allow-Origin"), "https://admin.example");
        ck_assert_str_eq(header("Vary"), "Origin");
        ck_assert(!ask(origins, "GET", "https://admin.example.evil", false));
        ck_assert_str_eq(header("Access-Control-Allow-Origin"), "");
        ck_assert_str_eq(header("Vary"), "Origin");
        ck_assert(!ask(origins, "GET", "https://admin", false));
        ck_assert_str_eq(header("Access-Control-Allow-Origin"), "");
        ck_assert(!ask("", "GET", "https://admin.example", false));
        ck_assert_str_eq(header("Access-Control-Allow-Origin"), "");
        ck_assert(!ask("*", "GET", "https://any.example", false));
        ck_assert_str_eq(header("Access-Control-Allow-Origin"), "https://any.example");
}

TEST(answers_a_preflight) {
        ck_assert(ask("https://shop.example", "OPTIONS", "https://shop.example", true));
        ck_assert_int_eq(response.status, 204);
        ck_assert_str_eq(header("Access-Control-Allow-Methods"), "GET, POST, PUT, PATCH, DELETE");
        ck_assert_str_ne(header("Access-Control-Allow-Headers"), "");
        ck_assert(ask("https://shop.example", "OPTIONS", "https://evil.example", true));
        ck_assert_int_eq(response.status, 204);
        ck_assert_str_eq(header("Access-Control-Allow-Methods"), "");
        ck_assert_str_eq(header("Access-Control-Allow-Origin"), "");
}

TEST(an_options_that_asks_for_no_method_is_no_preflight) {
        ck_assert(!ask("*", "OPTIONS", "https://shop.example", false));
}

int main(void) {
        Suite *suite = suite_create("cors");
        TCase *tests = tcase_create("cors");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
