#include "base/card.h"

#include "base/memory.h"
#include "support.h"

TEST(finds_card_numbers_however_they_are_written) {
        static const char *const texts[] = {
                "4242424242424242",
                "4242 4242 4242 4242",
                "4242-4242-4242-4242",
                "4242.4242.4242.4242",
                "4242 - 4242 - 4242 - 4242",
                "4242\xC2\xA0" "4242\xC2\xA0" "4242\xC2\xA0" "4242",
                "4242\xE2\x80\x93" "4242\xE2\x80\x93" "4242\xE2\x80\x93" "4242",
                "4242\xEF\xBC\x8D" "4242 \xE2\x88\x92 " "4242\xE2\x80\x91" "4242",
                "378282246310005",
                "3782 822463 10005",
                "4222222222222",
                "6304000000000000000",
                "my card: 4242424242424242, thank you",
                "(4242424242424242)",
                "card#4242 4242 4242 4242.",
                "flat 12 4242 4242 4242 4242",
                "call 5551234 4242424242424242 12/29",
                "4242 4242 4242 4242 123",
                "+49 4242424242424242",
                "\xE5\x8D\xA1\xE5\x8F\xB7" "4242424242424242",
                "ORD-2024-001234 4242424242424242",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                ck_assert_msg(card_number_in(texts[i]), "%s", texts[i]);
}

TEST(lets_other_numbers_be) {
        static const char *const texts[] = {
                "",
                "pm_1234567890",
                "4242424242424241",
                "pm_4242424242424242",
                "ORD-4242424242424242",
                "ORD-4242-4242-4242-4242",
                "4242424242424242x",
                "4242-4242-4242-4242-a",
                "424242424242",
                "42424242424242424242",
                "00000000000000000000",
                "+4242424242424242",
                "4242 4242\n4242 4242",
                "4242 4242, 4242 4242",
                "4242 4242 and 4242 4242",
                "sizes 1 2 3 4 5 6 7 8 9 1 2 3 4 5 6 7 8 9",
                "4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2",
                "123 Main St, Apt 4B, 94105-1234",
                "0194f0a7-4242-4242-8424-242424242424",
        };

        for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
                ck_assert_msg(!card_number_in(texts[i]), "%s", texts[i]);
}

int main(void) {
        Suite *suite = suite_create("card");
        TCase *tests = tcase_create("card");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
