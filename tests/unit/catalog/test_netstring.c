#include "data/netstring.h"

#include "base/memory.h"
#include "support.h"

TEST(texts_are_read_whatever_stands_in_them) {
        const char *const *items;
        size_t n;

        ck_assert_ok(catalog_netstrings_read(test_ctx()->arena, "3:a:b0:2:é5:1:x2:", &items, &n));
        ck_assert_uint_eq(n, 4);
        ck_assert_str_eq(items[0], "a:b");
        ck_assert_str_eq(items[1], "");
        ck_assert_str_eq(items[2], "é");
        ck_assert_str_eq(items[3], "1:x2:");
        ck_assert_ok(catalog_netstrings_read(test_ctx()->arena, "", &items, &n));
        ck_assert_uint_eq(n, 0);
}

TEST(what_is_broken_is_an_error) {
        static const char *const broken[] = { "3:ab", "x", "x:abc", ":abc", "-1:a", "1:ab" };
        const char *const *items;
        size_t n;

        for (size_t i = 0; i < ARRAY_SIZE(broken); i++)
                ck_assert_msg(catalog_netstrings_read(test_ctx()->arena, broken[i], &items, &n), "%s",
                              broken[i]);
}

int main(void) {
        Suite *suite = suite_create("catalog/netstring");
        TCase *tests = tcase_create("netstring");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
