#include "http/uri.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

static const char *decode(const char *text, UriPart part) {
        return http_uri_decode(test_ctx()->arena, text, strlen(text), part);
}

TEST(decodes_percent_escapes_of_either_case) {
        ck_assert_str_eq(decode("a%20b%2fc%2Fd", URI_QUERY), "a b/c/d");
        ck_assert_str_eq(decode("%C3%BCber", URI_PATH), "\xC3\xBC"
                                                        "ber");
        ck_assert_str_eq(decode("", URI_PATH), "");
}

TEST(a_plus_is_a_blank_only_in_a_query) {
        ck_assert_str_eq(decode("a+b", URI_QUERY), "a b");
        ck_assert_str_eq(decode("a+b", URI_PATH), "a+b");
        ck_assert_str_eq(decode("a%2Bb", URI_QUERY), "a+b");
}

TEST(refuses_what_does_not_decode_to_text) {
        static const char *const samples[] = { "%",     "%2",  "%zz", "a%0",       "%00",
                                               "a%00b", "%ff", "%C3", "%ED%A0%80", "%-1" };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++)
                ck_assert_msg(!decode(samples[i], URI_QUERY), "decoded %s", samples[i]);
}

TEST(splits_a_query_in_its_order) {
        const HttpPair *pairs;
        size_t n;

        ck_assert(http_uri_parse_query(test_ctx()->arena, "pageSize=2&&cursor=a%3Db+c&flag&x=", &pairs, &n));
        ck_assert_uint_eq(n, 4);
        ck_assert_str_eq(pairs[0].name, "pageSize");
        ck_assert_str_eq(pairs[0].value, "2");
        ck_assert_str_eq(pairs[1].value, "a=b c");
        ck_assert_str_eq(pairs[2].name, "flag");
        ck_assert_str_eq(pairs[2].value, "");
        ck_assert_str_eq(pairs[3].value, "");
        ck_assert(http_uri_parse_query(test_ctx()->arena, "", &pairs, &n));
        ck_assert_uint_eq(n, 0);
}

TEST(refuses_a_query_with_a_bad_escape_or_a_nameless_value) {
        const HttpPair *pairs;
        size_t n;

        ck_assert(!http_uri_parse_query(test_ctx()->arena, "a=%0", &pairs, &n));
        ck_assert(!http_uri_parse_query(test_ctx()->arena, "%zz=1", &pairs, &n));
        ck_assert(!http_uri_parse_query(test_ctx()->arena, "a=1&=2", &pairs, &n));
}

int main(void) {
        Suite *suite = suite_create("uri");
        TCase *tests = tcase_create("uri");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
