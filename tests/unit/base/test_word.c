#include "base/word.h"
#include "base/memory.h"
#include "support.h"

static const char *const words[] = { [1] = "ONE", [2] = "TWO" };

static const Error *read(const char *text, size_t *ret_index) {
        return word_read(test_ctx()->arena, words, 3, "things.state", text, ret_index);
}

TEST(a_word_is_found_at_its_place) {
        size_t index = 0;

        ck_assert_ok(read("ONE", &index));
        ck_assert_uint_eq(index, 1);
        ck_assert_ok(read("TWO", &index));
        ck_assert_uint_eq(index, 2);
}

TEST(a_word_that_is_not_known_is_an_internal_error_and_no_value) {
        static const char *const unknown[] = { "", "one", "THREE", NULL };
        size_t index = 7;

        for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
                const Error *error = read(unknown[i], &index);

                ck_assert_ptr_nonnull(error);
                ck_assert_ptr_null(error->reason);
                ck_assert_uint_eq(index, 7);
        }
        ck_assert_str_eq(read("THREE", &index)->message,
                         "things.state holds THREE, which this version does not know");
}

int main(void) {
        Suite *suite = suite_create("word");
        TCase *tests = tcase_create("word");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
