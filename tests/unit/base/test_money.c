#include "base/money.h"
#include "support.h"

TEST(rounds_a_share_half_away_from_zero) {
        int64_t share;

        ck_assert(money_share(64998, 1000, MONEY_BP_ONE, &share));
        ck_assert_int_eq(share, 6500);
        ck_assert(money_share(64998, 500, MONEY_BP_ONE, &share));
        ck_assert_int_eq(share, 3250);
        ck_assert(money_share(55248, 82030, MONEY_PPM_ONE, &share));
        ck_assert_int_eq(share, 4532);
        ck_assert(money_share(5, 1, 2, &share));
        ck_assert_int_eq(share, 3);
        ck_assert(money_share(-5, 1, 2, &share));
        ck_assert_int_eq(share, -3);
        ck_assert(money_share(4, 1, 3, &share));
        ck_assert_int_eq(share, 1);
}

TEST(refuses_what_does_not_fit) {
        int64_t untouched = 42;

        ck_assert(!money_add(INT64_MAX, 1, &untouched));
        ck_assert(!money_multiply(INT64_MAX / 2, 3, &untouched));
        ck_assert(!money_share(INT64_MAX, 3, 2, &untouched));
        ck_assert_int_eq(untouched, 42);
}

TEST(splits_an_amount_exactly_by_largest_remainder) {
        int64_t parts[3];

        ck_assert(money_split(100, (int64_t[]) { 1, 1, 1 }, 3, parts));
        ck_assert_int_eq(parts[0], 34);
        ck_assert_int_eq(parts[1], 33);
        ck_assert_int_eq(parts[2], 33);
        ck_assert(money_split(-100, (int64_t[]) { 2, 0, 1 }, 3, parts));
        ck_assert_int_eq(parts[0], -67);
        ck_assert_int_eq(parts[1], 0);
        ck_assert_int_eq(parts[2], -33);
        ck_assert(money_split(7, (int64_t[]) { 0, 0, 0 }, 3, parts));
        ck_assert_int_eq(parts[0], 7);
        ck_assert(!money_split(7, (int64_t[]) { -1, 1, 0 }, 3, parts));
}

TEST(formats_with_the_decimals_of_the_currency) {
        Arena *arena = test_ctx()->arena;

        ck_assert_str_eq(money_format(arena, 24999, "USD"), "249.99");
        ck_assert_str_eq(money_format(arena, -5, "USD"), "-0.05");
        ck_assert_str_eq(money_format(arena, 1500, "VND"), "1500");
        ck_assert_str_eq(money_format(arena, 1, "KWD"), "0.001");
        ck_assert_str_eq(money_format(arena, INT64_MIN, "USD"), "-92233720368547758.08");
}

int main(void) {
        Suite *suite = suite_create("money");
        TCase *tests = tcase_create("money");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
