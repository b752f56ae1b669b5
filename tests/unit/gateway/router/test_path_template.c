#include "router/path_template.h"

#include "base/memory.h"
#include "base/str.h"
#include "support.h"

static GatewayTemplate parsed(const char *text) {
        GatewayTemplate template;

        ck_assert_ok(gateway_template_parse(test_ctx()->arena, text, &template));
        return template;
}

static bool matches(const char *text, const char *path) {
        GatewayTemplate template = parsed(text);
        GatewayPath split;

        ck_assert(gateway_path_split(test_ctx()->arena, path, &split));
        return gateway_template_matches(&template, &split);
}

TEST(parses_literals_and_variables) {
        GatewayTemplate template = parsed("/api/v1/orders/{order_id}/cancel");

        ck_assert_uint_eq(template.n_segments, 5);
        ck_assert_str_eq(template.segments[2].literal, "orders");
        ck_assert_ptr_null(template.segments[3].literal);
        ck_assert_str_eq(template.segments[3].variable, "order_id");
        ck_assert_str_eq(template.segments[4].literal, "cancel");
}

TEST(refuses_templates_of_other_kinds) {
        static const char *const samples[] = { "",
                                               "/",
                                               "orders",
                                               "/orders/",
                                               "//orders",
                                               "/{}",
                                               "/{id",
                                               "/id}",
                                               "/a{id}",
                                               "/{id=*}",
                                               "/*",
                                               "/**",
                                               "/orders/{id}:cancel",
                                               "/orders:cancel" };
        GatewayTemplate template;

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
                ck_assert_msg(gateway_template_parse(test_ctx()->arena, samples[i], &template) != NULL,
                              "took %s", samples[i]);
}

TEST(matches_whole_paths_only) {
        ck_assert(matches("/api/v1/orders", "/api/v1/orders"));
        ck_assert(matches("/api/v1/orders/{id}", "/api/v1/orders/ORD-1"));
        ck_assert(!matches("/api/v1/orders", "/api/v1/orders/"));
        ck_assert(!matches("/api/v1/orders", "/api/v1/order"));
        ck_assert(!matches("/api/v1/orders", "/api/v1"));
        ck_assert(!matches("/api/v1/orders", "/api/v1/orders/ORD-1"));
        ck_assert(!matches("/api/v1/orders", "/API/v1/orders"));
        ck_assert(!matches("/api/v1/orders/{id}", "/api/v1/orders/"));
        ck_assert(!matches("/api/v1/orders/{id}", "//api/v1/orders/ORD-1"));
}

TEST(splits_before_it_decodes) {
        GatewayPath path;

        ck_assert(gateway_path_split(test_ctx()->arena, "/a%20b/c%3Fd/%65", &path));
        ck_assert_uint_eq(path.n_segments, 3);
        ck_assert_str_eq(path.segments[0], "a b");
        ck_assert_str_eq(path.segments[1], "c?d");
        ck_assert_str_eq(path.segments[2], "e");
        ck_assert(!gateway_path_split(test_ctx()->arena, "/a%zz", &path));
        ck_assert(!gateway_path_split(test_ctx()->arena, "/a%2Fb", &path));
}

TEST(puts_literals_before_variables) {
        GatewayTemplate literal = parsed("/orders/search"), variable = parsed("/orders/{id}");
        GatewayTemplate same = parsed("/orders/{number}");

        ck_assert_int_lt(gateway_template_compare(&literal, &variable), 0);
        ck_assert_int_gt(gateway_template_compare(&variable, &literal), 0);
        ck_assert_int_eq(gateway_template_compare(&variable, &same), 0);
}

int main(void) {
        Suite *suite = suite_create("path template");
        TCase *tests = tcase_create("path template");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
