#include "proto/values.h"
#include "support.h"

TEST(money_says_its_currency_and_is_absent_without_one) {
        Arena *arena = test_ctx()->arena;

        ck_assert_int_eq(proto_money_to_message(arena, -5, "USD")->minor, -5);
        ck_assert_str_eq(proto_money_to_message(arena, -5, "USD")->currency, "USD");
        ck_assert_ptr_null(proto_money_to_message(arena, 5, ""));
        ck_assert_ptr_null(proto_money_to_message(arena, 5, NULL));
}

TEST(an_amount_is_in_its_currency_and_not_below_zero) {
        Arena *arena = test_ctx()->arena;

        ck_assert(proto_money_is_in(proto_money_to_message(arena, 0, "USD"), "USD"));
        ck_assert(!proto_money_is_in(proto_money_to_message(arena, -1, "USD"), "USD"));
        ck_assert(!proto_money_is_in(proto_money_to_message(arena, 1, "EUR"), "USD"));
        ck_assert(!proto_money_is_in(NULL, "USD"));
}

TEST(a_time_comes_back_to_the_microsecond) {
        Arena *arena = test_ctx()->arena;
        GoogleProtobufTimestamp *message = proto_time_to_message(arena, INT64_C(1723300200123456));

        ck_assert_int_eq(message->seconds, 1723300200);
        ck_assert_int_eq(message->nanos, 123456000);
        ck_assert_int_eq(proto_time_from_message(message), INT64_C(1723300200123456));
        ck_assert_ptr_null(proto_time_to_message(arena, 0));
        ck_assert_int_eq(proto_time_from_message(NULL), 0);
}

TEST(a_time_before_1970_is_shown_as_it_is) {
        GoogleProtobufTimestamp *message = proto_time_to_message(test_ctx()->arena, -1);

        ck_assert_int_eq(message->seconds, -1);
        ck_assert_int_eq(message->nanos, 999999000);
        ck_assert_int_eq(proto_time_from_message(message), -1);
        message = proto_time_to_message(test_ctx()->arena, -2000000);
        ck_assert_int_eq(message->seconds, -2);
        ck_assert_int_eq(message->nanos, 0);
}

int main(void) {
        Suite *suite = suite_create("proto/values");
        TCase *tests = tcase_create("values");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
