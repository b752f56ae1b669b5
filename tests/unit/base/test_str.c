#include "base/str.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

TEST(a_buffer_grows_and_stays_terminated) {
        StrBuf buf = { .arena = test_ctx()->arena };

        ck_assert_str_eq(strbuf_text(&buf), "");
        for (int i = 0; i < 1000; i++)
                strbuf_addf(&buf, "%d,", i % 10);
        strbuf_add(&buf, "end");
        strbuf_add_char(&buf, '.');
        strbuf_add_bytes(&buf, "xyz", 2);
        ck_assert_uint_eq(buf.n_bytes, 2006);
        ck_assert_uint_eq(strlen(strbuf_text(&buf)), 2006);
        ck_assert_str_eq(strbuf_text(&buf) + 1998, "9,end.xy");
}

TEST(knows_utf8_from_what_only_looks_like_it) {
        static const char *const good[] = { "",
                                            "plain",
                                            "\xC3\xA9",
                                            "\xE2\x82\xAC",
                                            "\xF0\x9F\x8D\xB0",
                                            "\xED\x9F\xBF",
                                            "\xEE\x80\x80",
                                            "\xF4\x8F\xBF\xBF",
                                            "\xC2\x80",
                                            "\xE0\xA0\x80",
                                            "\xF0\x90\x80\x80" };
        static const char *const bad[] = { "\x80",
                                           "\xC0\x80",
                                           "\xC1\xBF",
                                           "\xE0\x9F\xBF",
                                           "\xED\xA0\x80",
                                           "\xF0\x8F\xBF\xBF",
                                           "\xF4\x90\x80\x80",
                                           "\xF5\x80\x80\x80",
                                           "\xFF",
                                           "a\xC3",
                                           "\xE2\x82",
                                           "\xF0\x9F\x8D",
                                           "\xC3(",
                                           "\xE2\x28\xA1" };

        for (size_t i = 0; i < ARRAY_SIZE(good); i++)
                ck_assert_msg(str_is_utf8(good[i], strlen(good[i])), "refused good[%zu]", i);
        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_msg(!str_is_utf8(bad[i], strlen(bad[i])), "accepted bad[%zu]", i);
        ck_assert(!str_is_utf8("a\0b", 3));
}

TEST(reads_whole_numbers_only) {
        static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808",
                                           "-9223372036854775809", "--1", "1e3" };
        int64_t number = 42;

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
                ck_assert_msg(!str_parse_int64(bad[i], &number), "accepted \"%s\"", bad[i]);
        ck_assert_int_eq(number, 42);
        ck_assert(str_parse_int64("-9223372036854775808", &number));
        ck_assert_int_eq(number, INT64_MIN);
        ck_assert(str_parse_int64("9223372036854775807", &number));
        ck_assert_int_eq(number, INT64_MAX);
}

TEST(knows_blanks_of_all_kinds) {
        static const char *const blank[] = { "", " ", "\t\r\n\v\f ", "\xC2\xA0", "\xE2\x80\x8B\xE3\x80\x80",
                                             "\xE2\x80\xAF \xEF\xBB\xBF", "\xC2\xAD", "\xE3\x85\xA4" };
        static const char *const seen[] = { "a", " a", "  .", "\xC3\xA9", "\xE3\x80\x80x", "\xE4\xB8\xAD",
                                            "\xF0\x9F\x98\x80", "\xE2\x82\xAC" };

        for (size_t i = 0; i < ARRAY_SIZE(blank); i++)
                ck_assert_msg(str_is_blank(blank[i]), "%zu", i);
        for (size_t i = 0; i < ARRAY_SIZE(seen); i++)
                ck_assert_msg(!str_is_blank(seen[i]), "%zu", i);
        ck_assert_uint_eq(str_blank("\xE3\x80\x80x"), 3);
        ck_assert_uint_eq(str_blank("x "), 0);
}

TEST(compares) {
        ck_assert(str_equal("a", "a"));
        ck_assert(!str_equal("a", "ab"));
        ck_assert(str_starts_with("Bearer x", "Bearer "));
        ck_assert(!str_starts_with("Bear", "Bearer "));
        ck_assert(str_is_empty(NULL));
        ck_assert(str_is_empty(""));
        ck_assert(!str_is_empty(" "));
}

int main(void) {
        Suite *suite = suite_create("str");
        TCase *tests = tcase_create("str");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
