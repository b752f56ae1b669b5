#include "offer.h"

static int64_t parts[8], total;

static void discount(CampaignRules rules, const CartLine *lines, size_t n_lines) {
        Cart cart = cart_of(lines, n_lines);

        ck_assert_ok(promotion_discount(test_ctx()->arena, &rules, &cart, parts, &total));
}

static CampaignRules gift(int64_t buy, int64_t get) {
        return (CampaignRules) {
                .discount_type = DISCOUNT_BUY_X_GET_Y,
                .percent_bp = 10000,
                .buy_quantity = buy,
                .get_quantity = get,
        };
}

TEST(ten_percent_of_the_sample_order_are_65_dollars) {
        const CartLine lines[] = { cart_line("PROD-67890", 2, 24999), cart_line("PROD-11111", 1, 15000) };

        discount(ten_percent(), lines, 2);
        ck_assert_int_eq(total, 6500);
        ck_assert_int_eq(parts[0], 5000);
        ck_assert_int_eq(parts[1], 1500);
}

TEST(what_cannot_be_split_evenly_goes_to_the_largest_remainders) {
        const CartLine lines[] = { cart_line("A", 1, 100), cart_line("B", 1, 100), cart_line("C", 1, 100) };

        discount(fixed(200), lines, 3);
        ck_assert_int_eq(parts[0], 67);
        ck_assert_int_eq(parts[1], 67);
        ck_assert_int_eq(parts[2], 66);
}

TEST(a_fixed_amount_is_at_most_what_there_is) {
        const CartLine lines[] = { cart_line("A", 1, 300), cart_line("B", 1, 100) };

        discount(fixed(400), lines, 2);
        ck_assert_int_eq(total, 400);
        discount(fixed(401), lines, 2);
        ck_assert_int_eq(total, 400);
        ck_assert_int_eq(parts[0], 300);
        ck_assert_int_eq(parts[1], 100);
}

TEST(the_most_of_a_campaign_is_spread_like_the_rest) {
        const CartLine lines[] = { cart_line("A", 1, 3000), cart_line("B", 1, 1000) };
        CampaignRules rules = ten_percent();

        rules.maximum_minor = 399;
        discount(rules, lines, 2);
        ck_assert_int_eq(total, 399);
        ck_assert_int_eq(parts[0], 299);
        ck_assert_int_eq(parts[1], 100);
        rules.maximum_minor = 401;
        discount(rules, lines, 2);
        ck_assert_int_eq(total, 400);
}

TEST(products_and_categories_say_which_lines) {
        CartLine lines[] = { cart_line("A", 1, 1000), cart_line("B", 1, 1000), cart_line("C", 1, 1000) };
        CampaignRules rules = ten_percent();

        lines[1].category_ids = ID_LIST("CAT-1", "CAT-2");
        rules.category_ids = ID_LIST("CAT-2");
        discount(rules, lines, 3);
        ck_assert_int_eq(total, 100);
        ck_assert_int_eq(parts[1], 100);
        rules.product_ids = ID_LIST("C");
        discount(rules, lines, 3);
        ck_assert_int_eq(total, 200);
        ck_assert_int_eq(parts[0], 0);
        ck_assert_int_eq(parts[2], 100);
        rules.product_ids = rules.category_ids = ID_LIST("NONE");
        discount(rules, lines, 3);
        ck_assert_int_eq(total, 0);
}

TEST(three_for_two_gives_the_cheapest_of_each_three) {
        const CartLine lines[] = { cart_line("A", 2, 900), cart_line("B", 3, 500) };

        discount(gift(2, 1), lines, 2);
        ck_assert_int_eq(total, 500);
        ck_assert_int_eq(parts[1], 500);
}

TEST(a_gift_needs_the_whole_group) {
        const CartLine two[] = { cart_line("A", 2, 900) }, three[] = { cart_line("A", 3, 900) };

        discount(gift(2, 1), two, 1);
        ck_assert_int_eq(total, 0);
        discount(gift(2, 1), three, 1);
        ck_assert_int_eq(total, 900);
}

TEST(gifts_go_on_with_the_next_cheapest_line) {
        const CartLine lines[] = { cart_line("A", 4, 900), cart_line("B", 1, 100), cart_line("C", 1, 500) };

        discount(gift(1, 1), lines, 3);
        ck_assert_int_eq(total, 100 + 500 + 900);
        ck_assert_int_eq(parts[0], 900);
}

TEST(another_product_is_given_for_each_set_as_far_as_it_is_there) {
        CartLine lines[] = { cart_line("A", 5, 900), cart_line("Y", 1, 400), cart_line("Z", 9, 1) };
        CampaignRules rules = gift(2, 1);

        rules.product_ids = ID_LIST("A");
        rules.get_product_id = "Y";
        rules.percent_bp = 5000;
        discount(rules, lines, 3);
        ck_assert_int_eq(total, 200);
        ck_assert_int_eq(parts[1], 200);
        lines[1] = cart_line("Y", 3, 400);
        discount(rules, lines, 3);
        ck_assert_int_eq(total, 400);
        lines[0] = cart_line("A", 1, 900);
        discount(rules, lines, 3);
        ck_assert_int_eq(total, 0);
}

TEST(what_is_given_is_not_counted_as_bought) {
        const CartLine lines[] = { cart_line("A", 1, 900), cart_line("Y", 1, 400) };
        CampaignRules rules = gift(2, 1);

        rules.get_product_id = "Y";
        discount(rules, lines, 2);
        ck_assert_int_eq(total, 0);
}

int main(void) {
        Suite *suite = suite_create("promotion/discount");
        TCase *tests = tcase_create("discount");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
