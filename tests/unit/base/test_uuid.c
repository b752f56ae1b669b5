#include "base/uuid.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "support.h"

static void wait_a_millisecond(void) {
        for (int64_t now_ms = clock_wall_us() / 1000; clock_wall_us() / 1000 == now_ms;)
                continue;
}

TEST(makes_uuids_of_version_7) {
        Arena *arena = test_ctx()->arena;

        for (int i = 0; i < 1000; i++) {
                const char *uuid = uuid_new(arena);

                ck_assert_uint_eq(strlen(uuid), 36);
                ck_assert_uint_eq(strspn(uuid, "0123456789abcdef-"), 36);
                ck_assert_int_eq(uuid[14], '7');
                ck_assert_ptr_nonnull(strchr("89ab", uuid[19]));
                ck_assert(uuid[8] == '-' && uuid[13] == '-' && uuid[18] == '-' && uuid[23] == '-');
        }
}

TEST(ids_sort_by_time) {
        Arena *arena = test_ctx()->arena;

        for (int i = 0; i < 10; i++) {
                const char *uuid = uuid_new(arena);
                const char *id = uuid_sortable(arena, "ORD-");

                wait_a_millisecond();
                ck_assert_str_lt(uuid, uuid_new(arena));
                ck_assert_str_lt(id, uuid_sortable(arena, "ORD-"));
        }
}

TEST(sortable_ids_have_a_prefix_and_26_digits) {
        const char *id = uuid_sortable(test_ctx()->arena, "ORD-");

        ck_assert_uint_eq(strlen(id), 30);
        ck_assert(strncmp(id, "ORD-", 4) == 0);
        ck_assert_uint_eq(strspn(id + 4, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
}

TEST(never_repeats_itself) {
        Arena *arena = test_ctx()->arena;
        const char *ids[200];

        for (size_t i = 0; i < 200; i++) {
                ids[i] = uuid_sortable(arena, "");
                for (size_t k = 0; k < i; k++)
                        ck_assert_str_ne(ids[k], ids[i]);
        }
}

TEST(random_hex_has_the_digits_asked_for) {
        char text[33] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
        char other[33];

        uuid_random_hex(text, 16);
        ck_assert_uint_eq(strlen(text), 16);
        ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 16);
        uuid_random_hex(text, 32);
        uuid_random_hex(other, 32);
        ck_assert_uint_eq(strspn(text, "0123456789abcdef"), 32);
        ck_assert_str_ne(text, other);
}

int main(void) {
        Suite *suite = suite_create("uuid");
        TCase *tests = tcase_create("uuid");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
