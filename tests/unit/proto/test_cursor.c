#include "proto/cursor.h"

#include <string.h>

#include "base/memory.h"
#include "support.h"

TEST(a_cursor_is_read_as_it_was_written) {
        Arena *arena = test_ctx()->arena;
        static const char *const ids[] = { "", "O", "OR", "ORD-1", "a:b", "\xC3\xA9" };

        for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
                const char *cursor = proto_cursor_write(arena, INT64_C(1723300200123456), ids[i]);
                int64_t time_us;
                const char *id;

                ck_assert_uint_eq(strspn(cursor, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                                 "0123456789-_"),
                                  strlen(cursor));
                ck_assert_ok(proto_cursor_read(arena, cursor, &time_us, &id));
                ck_assert_int_eq(time_us, INT64_C(1723300200123456));
                ck_assert_str_eq(id, ids[i]);
        }
}

/* No base64url; of one character; bits too many; padded; no colon, no number, no text; before 1970. */
TEST(what_was_not_written_is_refused_and_nothing_is_returned) {
        static const char *const garbage[] = { "..",   "MTpPUk+", "A",    "MTpBQh", "MTpPUg==", "MTIz",
                                               "eDph", "Oj8",     "MTr_", "MTpBAA", "LTE6QQ" };

        for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
                int64_t time_us = 7;
                const char *id = "before";
                const Error *error = proto_cursor_read(test_ctx()->arena, garbage[i], &time_us, &id);

                ck_assert_str_eq(ck_assert_reason(error, REASON_INVALID_REQUEST)->violations[0].field,
                                 "cursor");
                ck_assert_int_eq(time_us, 7);
                ck_assert_str_eq(id, "before");
        }
}

int main(void) {
        Suite *suite = suite_create("proto/cursor");
        TCase *tests = tcase_create("cursor");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
